package io.github.headgate.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(OutputCaptureExtension.class)
class StartupMessageTest {

    @Test
    void startUpSaysWhereItListensAndCountsAndWhatToTry(CapturedOutput output) throws Exception {
        try (StartedSample sample = StartedSample.with()) {
            assertThat(output).contains("Headgate listens on " + sample.uri("") + ", counting in this store: local.");
            String curlLine = output.toString()
                    .lines()
                    .filter(line -> line.startsWith("curl "))
                    .findFirst()
                    .orElseThrow();

            HttpResponse<String> response =
                    HttpClient.newHttpClient().send(requestOf(curlLine), BodyHandlers.ofString());

            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(JsonMapper.shared()
                            .readTree(response.body())
                            .at("/choices/0/message/content")
                            .asString())
                    .endsWith("You said: Hello");
        }
    }

    /** What curl would send, for the options that the line uses; nobody needs curl to run this test. */
    private static HttpRequest requestOf(String curlLine) {
        List<String> words = new ArrayList<>();
        Matcher word = Pattern.compile("'([^']*)'|(\\S+)").matcher(curlLine);
        while (word.find()) {
            words.add(word.group(1) == null ? word.group(2) : word.group(1));
        }
        HttpRequest.Builder request = HttpRequest.newBuilder();
        for (int i = 1; i < words.size(); i++) {
            switch (words.get(i)) {
                case "-i" -> {}
                case "-H" -> {
                    String[] header = words.get(++i).split(": ", 2);
                    request.header(header[0], header[1]);
                }
                case "-d" -> request.POST(BodyPublishers.ofString(words.get(++i)));
                default -> request.uri(URI.create(words.get(i)));
            }
        }
        return request.build();
    }
}
