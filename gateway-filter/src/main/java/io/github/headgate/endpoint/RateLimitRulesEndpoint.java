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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.web.annotation.RestControllerEndpoint;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.MultiValueMap;
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
 * when a type is wrong. This kind of endpoint is deprecated, but only endpoints go along to the management port.
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

    /** Sets a rule, or a user's tier. The name is in the path, or, slashes and all, in {@code ?name=}. */
    @PostMapping({"/{kind}", "/{kind}/{name}"})
    public Mono<ResponseEntity<Object>> set(
            @PathVariable("kind") String kind,
            @PathVariable(name = "name", required = false) @Nullable String name,
            @RequestBody(required = false) byte @Nullable [] body,
            ServerWebExchange exchange) {
        return change(exchange, who -> {
            RuleKind of = kindOf(kind);
            String known = known(of, nameOf(name, exchange), false);
            RuleBody asked = RuleBody.toSet(of, body, limiter.rules());
            return new RuleEdit(of, known, asked.rule(), asked.tier(), who, asked.version());
        });
    }

    /** Takes back what was set. Named as in {@link #set}. */
    @DeleteMapping({"/{kind}", "/{kind}/{name}"})
    public Mono<ResponseEntity<Object>> clear(
            @PathVariable("kind") String kind,
            @PathVariable(name = "name", required = false) @Nullable String name,
            @RequestBody(required = false) byte @Nullable [] body,
            ServerWebExchange exchange) {
        return change(exchange, who -> {
            RuleKind of = kindOf(kind);
            String known = known(of, nameOf(name, exchange), true);
            return new RuleEdit(
                    of, known, null, null, who, RuleBody.toClear(body).version());
        });
    }

    private Mono<ResponseEntity<Object>> change(ServerWebExchange exchange, Function<String, RuleEdit> edit) {
        return exchange.getPrincipal()
                .map(Principal::getName)
                .defaultIfEmpty("anonymous")
                .flatMap(who -> limiter.ruleStore().edit(edit.apply(who)))
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

    private static String nameOf(@Nullable String inPath, ServerWebExchange exchange) {
        MultiValueMap<String, String> query = exchange.getRequest().getQueryParams();
        // A version there, say, would look as if it were checked.
        for (String parameter : query.keySet()) {
            if (inPath != null || !parameter.equals("name")) {
                throw new WrongInput(
                        parameter, "there is no such parameter; name is one where the path names nobody, and no other");
            }
        }
        List<String> names = inPath == null ? query.getOrDefault("name", List.of()) : List.of(inPath);
        if (names.size() != 1 || names.get(0) == null || names.get(0).isEmpty()) {
            throw new WrongInput("name", "whose rule it is stands once in the path or in ?name=, and is not empty");
        }
        return names.get(0);
    }

    /** @param orSet whether it is enough that something is set for that name, whatever is configured by now */
    private String known(RuleKind kind, String name, boolean orSet) {
        if (kind == RuleKind.USERS) {
            return UserId.parse(name).toString();
        }
        RuleBook book = limiter.rules();
        List<String> names = kind == RuleKind.TIERS ? book.tierNames() : book.providerNames();
        boolean set = orSet && limiter.ruleStore().current().find(kind, name) != null;
        if (!set && !names.contains(name)) {
            throw new WrongInput("name", "it is none of the " + kind.label() + ": " + String.join(", ", names));
        }
        return name;
    }

    private static ResponseEntity<Object> answer(EditOutcome outcome) {
        if (outcome instanceof EditOutcome.Made made) {
            List<RuleChange> history = made.rules().history();
            return ResponseEntity.ok(RulesView.Change.of(history.get(history.size() - 1)));
        }
        if (outcome instanceof EditOutcome.NotSet) {
            return problem(Problem.notFound("name", "nothing is set for it at run time; nothing changed"));
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
