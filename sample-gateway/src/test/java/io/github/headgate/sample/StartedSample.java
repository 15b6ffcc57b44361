package io.github.headgate.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.client.ReactorResourceFactory;

/** The sample, started as its main method does, on a free port unless the arguments say otherwise. */
public final class StartedSample implements AutoCloseable {

    private final ConfigurableApplicationContext context;

    private StartedSample(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /** A sample started with these arguments, as on the command line; they stand for environment variables too. */
    public static StartedSample with(String... arguments) {
        return with(Map.of(), arguments);
    }

    public static StartedSample with(Map<String, Object> defaults, String... arguments) {
        SpringApplication application = new SpringApplication(SampleGatewayApplication.class);
        application.setDefaultProperties(defaults);
        application.addInitializers(context -> ((GenericApplicationContext) context)
                .registerBean(ReactorResourceFactory.class, StartedSample::quickToClose));
        List<String> all = new ArrayList<>(List.of(arguments));
        if (all.stream().noneMatch(argument -> argument.startsWith("--server.port="))) {
            all.add("--server.port=0");
        }
        return new StartedSample(application.run(all.toArray(String[]::new)));
    }

    /** Event loops of its own, which need not be quiet for two seconds before they go. */
    private static ReactorResourceFactory quickToClose() {
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        resources.setShutdownQuietPeriod(Duration.ZERO);
        return resources;
    }

    public ConfigurableApplicationContext context() {
        return context;
    }

    public URI uri(String path) {
        return URI.create("http://localhost:" + context.getEnvironment().getProperty("local.server.port") + path);
    }

    public HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    }

    @Override
    public void close() {
        context.close();
    }
}
