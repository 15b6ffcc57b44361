package io.github.headgate.redis;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Some checks as questions to the script: one for each key and rule, and in it like requests in a row as one run. */
final class Questions {

    private final List<List<Check>> questions;
    private final List<Check> inOrder;

    private Questions(List<List<Check>> questions, int checks) {
        this.questions = questions;
        this.inOrder = new ArrayList<>(checks);
        questions.forEach(inOrder::addAll);
    }

    /** @param checks at least one; those of one key keep their order */
    static Questions of(List<Check> checks) {
        if (checks.size() == 1) {
            return new Questions(List.of(checks), 1);
        }
        Map<Subject, List<Check>> bySubject = new LinkedHashMap<>();
        Subject last = null;
        List<Check> question = List.of();
        for (Check check : checks) {
            LimitRequest request = check.request();
            // Of a busy key many come in a row.
            if (last == null || !last.isOf(request)) {
                last = new Subject(request.key(), request.rule());
                question = bySubject.computeIfAbsent(last, subject -> new ArrayList<>(2));
            }
            question.add(check);
        }
        return new Questions(List.copyOf(bySubject.values()), checks.size());
    }

    List<byte[]> keys(RedisLink link) {
        List<byte[]> keys = new ArrayList<>(questions.size());
        for (List<Check> question : questions) {
            keys.add(link.redisKey(question.get(0).request().key().toString()));
        }
        return keys;
    }

    /** All of them for the script, with no deadline yet. */
    byte[] inquiry() {
        int bytes = LimiterScript.DEADLINE_BYTES;
        for (int i = 0; i < questions.size(); i += alike(i)) {
            bytes += LimiterScript.decideBytes(runs(questions.get(i)));
        }
        byte[] inquiry = new byte[bytes];
        int at = LimiterScript.DEADLINE_BYTES;
        int next = 0;
        while (next < questions.size()) {
            List<Check> question = questions.get(next);
            int runs = runs(question);
            int alike = alike(next);
            LimiterScript.decide(inquiry, at, alike, question.get(0).request().rule(), runs);
            writeRuns(question, inquiry, at);
            at += LimiterScript.decideBytes(runs);
            next += alike;
        }
        return inquiry;
    }

    /** How many questions in a row, from one on, differ but in their keys. */
    private int alike(int first) {
        List<Check> question = questions.get(first);
        int alike = 1;
        if (runs(question) == 1) {
            while (first + alike < questions.size() && isLike(questions.get(first + alike), question)) {
                alike++;
            }
        }
        return alike;
    }

    private static boolean isLike(List<Check> one, List<Check> other) {
        return one.size() == other.size()
                && one.get(0).request().rule().equals(other.get(0).request().rule())
                && isLike(one.get(0), other.get(0))
                && runs(one) == 1;
    }

    private static int runs(List<Check> question) {
        int runs = 1;
        for (int i = 1; i < question.size(); i++) {
            runs += isLike(question.get(i), question.get(i - 1)) ? 0 : 1;
        }
        return runs;
    }

    private static void writeRuns(List<Check> question, byte[] inquiry, int at) {
        int begin = 0;
        for (int run = 0; begin < question.size(); run++) {
            int end = begin + 1;
            while (end < question.size() && isLike(question.get(end), question.get(begin))) {
                end++;
            }
            LimitRequest request = question.get(begin).request();
            LimiterScript.requests(inquiry, at, run, request.permits(), request.maxWaitMillis(), end - begin);
            begin = end;
        }
    }

    private static boolean isLike(Check one, Check other) {
        return one.request().permits() == other.request().permits()
                && one.request().maxWaitMillis() == other.request().maxWaitMillis();
    }

    /**
     * What each check is told, in the order of {@link #check}.
     *
     * @throws IllegalArgumentException if the reply is malformed
     */
    Decision[] decisions(byte[] reply) {
        Decision[] decisions = new Decision[inOrder.size()];
        Answers answers = new Answers(reply);
        int next = 0;
        for (List<Check> question : questions) {
            answers.decisions(question, decisions, next);
            next += question.size();
        }
        return decisions;
    }

    Check check(int place) {
        return inOrder.get(place);
    }

    private record Subject(Key key, Rule rule) {

        boolean isOf(LimitRequest request) {
            return key.equals(request.key()) && rule.equals(request.rule());
        }

        /** Of the key alone: hardly ever is a key asked about under two rules at once. */
        @Override
        public int hashCode() {
            return key.hashCode();
        }
    }
}
