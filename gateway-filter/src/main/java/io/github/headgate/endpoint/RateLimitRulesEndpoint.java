package io.github.headgate.endpoint;

import io.github.headgate.UserId;
import io.github.headgate.endpoint.RuleBody.WrongInput;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.rules.RuleBook;
import io.github.headgate.rules.RuleChange;
import io.github.headgate.rules.RuleKind;
import io.github.headgate.runtime.EditOutcome;
import io.github.headgate.runtime.RuleEdit;
import io.github.headgate.runtime.RulesUnavailableException;
import java.security.Principal;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.web.annotation.RestControllerEndpoint;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * {@code /actuator/ratelimitrules}: what was set at run time, and its change.
 *
 * <p>A controller, because a write operation of an actuator endpoint drops members it does not know, and names no field
 * when a type is wrong.
 */
@SuppressWarnings("removal")
@RestControllerEndpoint(id = "ratelimitrules")
public final class RateLimitRulesEndpoint {

    private final StoreRateLimiter limiter;

    public RateLimitRulesEndpoint(StoreRateLimiter limiter) {
        this.limiter = limiter;
    }

    /** What is set and the last hundred changes, as this gateway knows them. */
    @GetMapping
    public Mono<ResponseEntity<Object>> rules() {
        return Mono.fromSupplier(() -> ResponseEntity.ok(RulesView.of(limiter.ruleStore())));
    }

    /** Sets a rule, or a user's tier. */
    @PostMapping("/{kind}/{name}")
    public Mono<ResponseEntity<Object>> set(
            @PathVariable("kind") String kind,
            @PathVariable("name") String name,
            @RequestBody(required = false) byte @Nullable [] body,
            ServerWebExchange exchange) {
        return change(kind, name, exchange, () -> RuleBody.toSet(kindOf(kind), body, limiter.rules()));
    }

    /** Takes back what was set. */
    @DeleteMapping("/{kind}/{name}")
    public Mono<ResponseEntity<Object>> clear(
            @PathVariable("kind") String kind,
            @PathVariable("name") String name,
            @RequestBody(required = false) byte @Nullable [] body,
            ServerWebExchange exchange) {
        return change(kind, name, exchange, () -> RuleBody.toClear(body));
    }

    private Mono<ResponseEntity<Object>> change(
            String kind, String name, ServerWebExchange exchange, Supplier<RuleBody> body) {
        return exchange.getPrincipal()
                .map(Principal::getName)
                .defaultIfEmpty("anonymous")
                .flatMap(who -> {
                    RuleKind of = kindOf(kind);
                    String known = known(of, name, limiter.rules());
                    RuleBody asked = body.get();
                    return limiter.ruleStore()
                            .edit(new RuleEdit(of, known, asked.rule(), asked.tier(), who, asked.version()));
                })
                .map(RateLimitRulesEndpoint::answer)
                .onErrorResume(WrongInput.class, wrong -> Mono.just(problem(wrong.problem())))
                .onErrorResume(
                        RulesUnavailableException.class,
                        away -> Mono.just(problem(Problem.unavailable(String.valueOf(away.getMessage())))));
    }

    private static RuleKind kindOf(String kind) {
        for (RuleKind each : RuleKind.values()) {
            if (each.label().equals(kind)) {
                return each;
            }
        }
        throw new WrongInput("kind", "there is no such kind of rule; there are users, tiers, providers");
    }

    private static String known(RuleKind kind, String name, RuleBook book) {
        List<String> names = switch (kind) {
            case USERS -> List.of();
            case TIERS -> book.tierNames();
            case PROVIDERS -> book.providerNames();
        };
        if (kind == RuleKind.USERS) {
            return UserId.parse(name).toString();
        }
        if (!names.contains(name)) {
            throw new WrongInput("name", "it is none of the " + kind.label() + ": " + String.join(", ", names));
        }
        return name;
    }

    private static ResponseEntity<Object> answer(EditOutcome outcome) {
        if (outcome instanceof EditOutcome.Made made) {
            List<RuleChange> history = made.rules().history();
            return ResponseEntity.ok(RulesView.Change.of(history.get(history.size() - 1)));
        }
        long version = ((EditOutcome.Stale) outcome).version();
        return problem(Problem.conflict("version", "the rules are at version " + version + " by now; nothing changed"));
    }

    private static ResponseEntity<Object> problem(Problem problem) {
        return ResponseEntity.status(problem.status())
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(problem);
    }
}
