package io.github.headgate.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The house rules that a reader of the folders relies on. */
@AnalyzeClasses(packages = "io.github.headgate", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.github.headgate.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule arrowsPointDown = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("vocabulary")
            .definedBy("io.github.headgate")
            .layer("arithmetic")
            .definedBy("io.github.headgate.arithmetic")
            .layer("local")
            .definedBy("io.github.headgate.local")
            .layer("redis")
            .definedBy("io.github.headgate.redis")
            .layer("failover")
            .definedBy("io.github.headgate.failover")
            .layer("rules")
            .definedBy("io.github.headgate.rules")
            .layer("runtime")
            .definedBy("io.github.headgate.runtime")
            .layer("limiter")
            .definedBy("io.github.headgate.limiter")
            .layer("metrics")
            .definedBy("io.github.headgate.metrics")
            .layer("endpoint")
            .definedBy("io.github.headgate.endpoint")
            .layer("caller")
            .definedBy("io.github.headgate.caller")
            .layer("http")
            .definedBy("io.github.headgate.http")
            .layer("filter")
            .definedBy("io.github.headgate.filter")
            .layer("configuration")
            .definedBy("io.github.headgate.configuration")
            .layer("autoconfigure")
            .definedBy("io.github.headgate.autoconfigure")
            .whereLayer("autoconfigure")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("configuration")
            .mayOnlyBeAccessedByLayers("autoconfigure")
            .whereLayer("filter")
            .mayOnlyBeAccessedByLayers("configuration", "autoconfigure")
            .whereLayer("http")
            .mayOnlyBeAccessedByLayers("filter", "autoconfigure")
            .whereLayer("caller")
            .mayOnlyBeAccessedByLayers("filter", "configuration", "autoconfigure")
            .whereLayer("endpoint")
            .mayOnlyBeAccessedByLayers("autoconfigure")
            .whereLayer("metrics")
            .mayOnlyBeAccessedByLayers("endpoint", "autoconfigure")
            .whereLayer("limiter")
            .mayOnlyBeAccessedByLayers("metrics", "endpoint", "autoconfigure")
            .whereLayer("runtime")
            .mayOnlyBeAccessedByLayers("limiter", "endpoint", "autoconfigure")
            .whereLayer("rules")
            .mayOnlyBeAccessedByLayers("runtime", "limiter", "endpoint", "configuration", "autoconfigure")
            .whereLayer("failover")
            .mayOnlyBeAccessedByLayers("metrics", "endpoint", "configuration", "autoconfigure")
            .whereLayer("redis")
            .mayOnlyBeAccessedByLayers("failover", "runtime", "autoconfigure")
            .whereLayer("local")
            .mayOnlyBeAccessedByLayers("failover", "endpoint", "autoconfigure")
            .whereLayer("arithmetic")
            .mayOnlyBeAccessedByLayers("local", "redis", "failover");

    @ArchTest
    static final ArchRule theArithmeticKnowsNoClockThreadOrInput = noClasses()
            .that()
            .resideInAPackage("io.github.headgate.arithmetic")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.io..",
                    "java.net..",
                    "java.nio..",
                    "java.time..",
                    "java.util.concurrent..",
                    "reactor..",
                    "io.lettuce..",
                    "io.netty..",
                    "org.springframework..",
                    "org.slf4j..")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchRule theVocabularyKnowsNoFramework = noClasses()
            .that()
            .resideInAPackage("io.github.headgate")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..", "io.lettuce..", "io.netty..", "io.github.resilience4j..");

    @ArchTest
    static final ArchRule nothingBlocksButTheThreadThatConnects = noClasses()
            .that()
            .doNotHaveSimpleName("RedisLink")
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Mono.class, "block")
            .orShould()
            .callMethod(Flux.class, "blockLast")
            .orShould()
            .callMethod(Future.class, "get")
            .orShould()
            .callMethod(Lock.class, "lock");

    @ArchTest
    static final ArchRule nothingSubscribesOnItsOwn =
            noClasses().should().callMethod(Mono.class, "subscribe").orShould().callMethod(Flux.class, "subscribe");

    @ArchTest
    static final ArchRule storesAndLimiterReadNoWallClock = noClasses()
            .that()
            .resideInAnyPackage("io.github.headgate.local", "io.github.headgate.redis", "io.github.headgate.limiter")
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Clock.class, Instant.class, InstantSource.class)
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchRule typesOfOursDoNotShadowTheHosts = noClasses()
            .should()
            .haveSimpleName("RateLimiter")
            .orShould()
            .haveSimpleName("KeyResolver")
            .orShould()
            .haveSimpleNameEndingWith("Impl");

    @ArchTest
    static final ArchRule configurationIsPackagePrivate = methods()
            .that()
            .areAnnotatedWith("org.springframework.context.annotation.Bean")
            .should()
            .notBePublic();

    @ArchTest
    static final ArchRule packagesSayThatNothingIsNull = classes()
            .that()
            .haveSimpleName("package-info")
            .should()
            .beAnnotatedWith("org.jspecify.annotations.NullMarked");
}
