package io.github.headgate.sample.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.headgate.sample.StartedSample;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NotFoundException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.WebDriverWait;
import redis.embedded.RedisServer;

/** The console in a real Chromium, signed in to the running sample, on a Redis of its own. */
class ConsoleTest {

    private static final List<Path> BROWSERS = List.of(
            Path.of("/usr/bin/chromium"), Path.of("/usr/bin/chromium-browser"), Path.of("/usr/bin/google-chrome"));
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final String MARKUP =
            "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>";

    private static RedisServer redis;
    private static StartedSample sample;
    private static ChromeDriver browser;

    @BeforeAll
    static void start() throws IOException {
        Path chromium =
                BROWSERS.stream().filter(Files::isExecutable).findFirst().orElse(null);
        if (chromium == null || !Files.isExecutable(DRIVER)) {
            String message = "THE BROWSER TESTS DID NOT RUN: there is no Chromium with its driver on this machine."
                    + " On Debian: apt-get install chromium chromium-driver";
            System.err.println(message);
            abort(message);
        }
        int port = freePort();
        redis = startRedis(port);
        sample = StartedSample.with(
                "--spring.data.redis.url=redis://127.0.0.1:" + port,
                "--headgate.users.bob.requests-per-minute=3",
                "--spring.security.user.password=secret");
        browser = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(DRIVER.toFile())
                        .build(),
                new ChromeOptions()
                        .setBinary(chromium.toFile())
                        .addArguments("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"));
        browser.manage().window().setSize(new Dimension(1280, 1000));
        browser.get(sample.uri("/console").toString());
        signIn();
    }

    @AfterAll
    static void stop() throws IOException {
        if (browser != null) {
            browser.quit();
        }
        if (sample != null) {
            sample.close();
        }
        if (redis != null) {
            redis.stop();
        }
    }

    @Test
    void trafficAppears() throws Exception {
        open();
        ask("alice", 6);

        assertThat(textOf("section[data-provider=openai] li[data-user=alice]", "of 60"))
                .contains("minute", "hour", "day");
        assertThat(textOf("section[data-provider=openai] .counts", "granted")).contains("waited", "denied");
        assertThat(shown("section[data-provider=openai] canvas").getSize().getWidth())
                .isPositive();
        assertThat(shown("#store.shared").getText()).contains("shared");
        assertThat(browser.findElement(By.id("banner")).isDisplayed()).isFalse();
    }

    @Test
    void deniedUserShowsAsLimitedUntilHeIsReset() throws Exception {
        open();
        ask("bob", 5);
        assertThat(shown("li[data-user=bob] .limited-mark").getText()).isEqualTo("limited");

        lookUp("bob");
        assertThat(shown("#user .limited-mark").getText()).isEqualTo("limited");
        browser.findElement(By.id("reset")).click();

        assertThat(textOf("#message", "forgotten")).isEqualTo("Usage forgotten.");
        assertThat(textOf("#user", "0 of 3")).doesNotContain("limited");
    }

    @Test
    void ruleIsChangedFromThePage() throws Exception {
        open();
        ask("erin", 1);
        lookUp("erin");
        assertThat(textOf("#user", "of 60")).contains("provider openai");

        browser.findElement(By.name("requestsPerMinute")).sendKeys("7", Keys.ENTER);
        assertThat(textOf("#message", "Changed")).isEqualTo("Changed.");
        assertThat(textOf("#user", "1 of 7")).contains("set at run time");

        WebElement field = browser.findElement(By.name("requestsPerMinute"));
        field.clear();
        field.sendKeys("0", Keys.ENTER);
        assertThat(textOf("#message", "400")).contains("requestsPerMinute");
    }

    @Test
    void pageGoesOnAfterSignInInAnotherTab() throws Exception {
        open();
        ask("grace", 1);
        lookUp("grace");
        assertThat(textOf("#user", "1 of 60")).contains("provider openai");
        assertThat(browser.executeAsyncScript("""
                const done = arguments[arguments.length - 1];
                const post = async (path, from, fields) => {
                  const token = (await (await fetch(from)).text()).match(/[\\w-]{40,}/)[0];
                  return fetch(path, {method: 'POST', body: new URLSearchParams({...fields, _csrf: token})});
                };
                post('/console/logout', '/console/token')
                    .then(() => post('/console/login', '/console/login', {username: 'user', password: 'secret'}))
                    .then(it => done(it.url));
                """)).asString().endsWith("/console");

        browser.findElement(By.id("reset")).click();

        assertThat(textOf("#message", "forgotten")).isEqualTo("Usage forgotten.");
    }

    @Test
    void saysSoWhenNothingIsHeardOfTheGateway() {
        open();
        shown("#store.shared");
        browser.executeScript("stream.onmessage = null");

        assertThat(textOf("#banner", "old")).contains("The gateway does not answer");
    }

    @Test
    void signOutLeadsToTheSignIn() {
        open();
        shown("#store.shared");
        browser.findElement(By.cssSelector("#sign-out button")).click();
        await(() -> browser.getCurrentUrl().endsWith("/console/login"));
        open();

        assertThat(browser.getCurrentUrl()).endsWith("/console/login");
        signIn();
    }

    @Test
    void idFullOfMarkupStaysText() throws Exception {
        open();
        ask(MARKUP, 1);
        lookUp(MARKUP);

        String who = textOf("#user .who", "at openai");
        assertThat(who).startsWith("#");
        assertThat(shown("li[data-user^='#'] .name").getText()).isEqualTo(who.substring(0, 23));
        assertThat(browser.getTitle()).isEqualTo("Headgate");
        assertThat(browser.findElements(By.cssSelector("main img, main script")))
                .isEmpty();
    }

    /** Ids become digests before they get here; the page must not count on it. */
    @Test
    void pageItselfShowsMarkupAsText() {
        open();
        shown("section[data-provider=openai]");
        browser.executeScript("""
                show({at: Date.now(), waiting: 0, store: {configured: 'redis', decisions: 'shared', since: ''},
                  providers: [{name: 'glm', decisions: {granted: 0, waited: 0, denied: 0},
                    busiest: [{user: arguments[0], limited: false, waiting: 0, limits: []}]}]});
                window.seen = document.querySelector('section[data-provider=glm] .name').textContent;
                """, MARKUP);

        assertThat(browser.executeScript("return window.seen")).isEqualTo(MARKUP);
        assertThat(browser.findElements(By.cssSelector("main img, main script")))
                .isEmpty();
        assertThat(browser.getTitle()).isEqualTo("Headgate");
    }

    @Test
    void nothingIsWiderThanAPhone() throws Exception {
        open();
        ask("carol", 1);
        shown("li[data-user=carol]");
        shown("section[data-provider=openai] canvas");
        // The moment before the charts are drawn anew, held.
        browser.executeScript("cards.forEach(it => { if (it.plot) it.plot.setSize = () => {}; })");
        browser.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", 360, "height", 740, "deviceScaleFactor", 1, "mobile", true));
        try {
            assertThat(browser.executeScript("return document.documentElement.scrollWidth"))
                    .isEqualTo(360L);
        } finally {
            browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
        }
    }

    @Test
    void isDarkWhereTheReaderWantsItSo() {
        open();
        String light = browser.findElement(By.tagName("body")).getCssValue("background-color");
        browser.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
        try {
            assertThat(light).contains("245, 246, 248");
            assertThat(browser.findElement(By.tagName("body")).getCssValue("background-color"))
                    .contains("17, 19, 24");
            assertThat(browser.findElement(By.tagName("body")).getCssValue("color"))
                    .contains("232, 234, 239");
        } finally {
            browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of()));
        }
    }

    @Test
    void everythingIsReachedByKeyboard() throws Exception {
        open();
        ask("frank", 3);
        shown("li[data-user=frank] .name");
        String reached = "";
        for (int i = 0; i < 60 && !reached.contains("frank"); i++) {
            browser.switchTo().activeElement().sendKeys(Keys.TAB);
            WebElement focused = browser.switchTo().activeElement();
            reached += " " + focused.getTagName() + ":" + focused.getText();
        }
        browser.switchTo().activeElement().sendKeys(Keys.ENTER);

        assertThat(reached).contains("button:Sign out", "select:", "input:", "button:Look up", "button:frank");
        assertThat(textOf("#user .who", "frank")).isEqualTo("frank at openai");
    }

    @Test
    void policyHasNothingToComplainAbout() {
        open();
        shown("section[data-provider=openai] canvas");

        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
                .noneMatch(line -> line.getMessage().contains("Content Security Policy"));
    }

    @Test
    void killedRedisShowsTheBannerUntilItIsBack() throws Exception {
        open();
        shown("#store.shared");
        int port = redis.ports().get(0);
        redis.stop();

        // As many as the circuit breaker looks back on.
        ask("dave", 20);
        assertThat(textOf("#banner", "alone")).contains("Redis does not answer");

        redis = startRedis(port);
        assertThat(shown("#store.shared").getText()).contains("shared");
        await(() -> !browser.findElement(By.id("banner")).isDisplayed());
    }

    @Test
    void pictureForTheReadmeIsSmall() throws Exception {
        open();
        shown("section[data-provider=openai]");
        for (int i = 0; i < Integer.getInteger("console.seconds", 3); i++) {
            ask("alice", 2 + i % 4);
            ask("bob", 1 + i % 3);
            long before = events();
            await(() -> events() > before);
        }
        byte[] picture = browser.getScreenshotAs(OutputType.BYTES);
        Files.write(Path.of("target", "console.png"), picture);

        assertThat(picture).hasSizeBetween(5_000, 200_000);
    }

    private static long events() {
        return (Long) browser.executeScript("return cards.get('openai').data[0].length");
    }

    private static void signIn() {
        browser.findElement(By.name("username")).sendKeys("user");
        browser.findElement(By.name("password")).sendKeys("secret", Keys.ENTER);
        await(() -> browser.getCurrentUrl().endsWith("/console"));
    }

    private static void open() {
        browser.get(sample.uri("/console").toString());
    }

    private static void lookUp(String user) {
        shown("select[name=provider] option[value=openai]");
        browser.executeScript("document.querySelector('select[name=provider]').value = 'openai'");
        WebElement field = browser.findElement(By.name("user"));
        field.clear();
        field.sendKeys(user, Keys.ENTER);
    }

    private static void ask(String user, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            sample.get("/openai/v1/models", "X-User-Id", user);
        }
    }

    private static WebElement shown(String selector) {
        return patience().until(it -> it.findElement(By.cssSelector(selector)));
    }

    private static String textOf(String selector, String expected) {
        AtomicReference<String> last = new AtomicReference<>();
        return patience()
                .withMessage(() -> selector + " never said \"" + expected + "\" but \"" + last + "\"")
                .until(it -> {
                    String text = it.findElement(By.cssSelector(selector)).getText();
                    last.set(text);
                    return text.contains(expected) ? text : null;
                });
    }

    private static void await(BooleanSupplier condition) {
        patience().until(it -> condition.getAsBoolean());
    }

    private static WebDriverWait patience() {
        WebDriverWait patience = new WebDriverWait(browser, Duration.ofSeconds(20), Duration.ofMillis(50));
        patience.ignoring(NotFoundException.class, StaleElementReferenceException.class);
        return patience;
    }

    private static RedisServer startRedis(int port) throws IOException {
        RedisServer server = RedisServer.newRedisServer()
                .port(port)
                .bind("127.0.0.1")
                .setting("save \"\"")
                .setting("appendonly no")
                .build();
        server.start();
        return server;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
