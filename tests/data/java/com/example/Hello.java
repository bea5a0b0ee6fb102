package com.example;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the tests of the JVM call: tests/jvm compiles it. */
public class Hello {
    public static final String GREETING = "hello";
    public int count = 1;
    private final String name;

    public Hello(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    public static String hello(String name) {
        return GREETING + " " + name;
    }

    public static class Inner {
        public static int twice(int number) {
            return 2 * number;
        }
    }

    // Values, both ways.

    public static String describe(Object value) {
        return value == null ? "null" : value.getClass().getName() + " " + value;
    }

    public static List<Object> reversed(List<Object> elements) {
        List<Object> copy = new ArrayList<>(elements);
        Collections.reverse(copy);
        return copy;
    }

    public static Map<Object, Object> swapped(Map<Object, Object> pairs) {
        Map<Object, Object> copy = new HashMap<>();
        pairs.forEach((key, value) -> copy.put(value, key));
        return copy;
    }

    public static Set<Object> with(Set<Object> elements, Object another) {
        Set<Object> copy = new HashSet<>(elements);
        copy.add(another);
        return copy;
    }

    public static byte[] incremented(byte[] bytes) {
        byte[] copy = Arrays.copyOf(bytes, bytes.length);
        for (int i = 0; i < copy.length; i++) {
            copy[i]++;
        }
        return copy;
    }

    public static String joined(String[] words) {
        return String.join(",", words);
    }

    public static String scheme(java.net.URI uri) {
        return uri.getScheme();
    }

    // Exceptions.

    public static void fail(String message) {
        throw new IllegalStateException(message);
    }

    // Calls back into Python.

    public interface Greeter {
        String greet(String name);
    }

    public static String ask(Greeter greeter, String name) {
        return greeter.greet(name);
    }

    public static String askInThread(Greeter greeter, String name) throws InterruptedException {
        String[] answer = new String[1];
        Thread thread = new Thread(() -> answer[0] = greeter.greet(name));
        thread.start();
        thread.join();
        return answer[0];
    }

    // The process.

    public static String property(String key) {
        return System.getProperty(key);
    }

    public static long heap() {
        return Runtime.getRuntime().maxMemory();
    }

    public static long thread() {
        return Thread.currentThread().getId();
    }

    public static void print(String out, String err) {
        System.out.println(out);
        System.err.println(err);
    }

    public static void sleep(long milliseconds) throws InterruptedException {
        Thread.sleep(milliseconds);
    }

    /** Never lets the JVM end by itself. */
    public static void cling() {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            while (true) {
                try {
                    Thread.sleep(1000);
                } catch (InterruptedException e) {
                    // Go on.
                }
            }
        }));
    }

    public static void run(String... command) throws java.io.IOException {
        new ProcessBuilder(command).start();
    }
}
