package io.github.headgate.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Stops the application from starting over a key under {@code headgate} that binding would ignore, alter or take for
 * absent: a misspelt name, an id with special characters outside brackets, a property without a value.
 *
 * <p>Environment variables are not looked at for names: orchestrators invent some, such as {@code HEADGATE_PORT} for a
 * Kubernetes service named headgate.
 */
final class PropertyNamesCheck implements BeanFactoryPostProcessor {

    private final ConfigurableEnvironment environment;

    PropertyNamesCheck(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    /** @throws InvalidConfigurationException if there is such a key; it names every one */
    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
        Problems problems = new Problems();
        for (String name : writtenNames()) {
            List<NameSegment> segments = NameSegment.parse(name);
            if (!segments.isEmpty() && segments.get(0).isProperty(HeadgateProperties.PREFIX)) {
                new PropertyNameWalk(name, value(name), segments, problems).check();
            }
        }
        checkForEmptyValues(HeadgateProperties.PREFIX, HeadgateProperties.class, problems);
        problems.throwIfAny();
    }

    private Set<String> writtenNames() {
        Set<String> names = new TreeSet<>();
        for (PropertySource<?> source : environment.getPropertySources()) {
            if (source instanceof EnumerablePropertySource<?> e
                    && !(source instanceof SystemEnvironmentPropertySource)) {
                names.addAll(List.of(e.getPropertyNames()));
            }
        }
        return names;
    }

    /** Binding takes an empty text for zero, for false or for absent, also when an environment variable holds it. */
    private void checkForEmptyValues(String path, Class<?> record, Problems problems) {
        for (RecordComponent component : record.getRecordComponents()) {
            Type type = component.getGenericType();
            String there = path + '.' + PropertyTree.kebab(component);
            if (PropertyTree.isRecord(type)) {
                checkForEmptyValues(there, component.getType(), problems);
            } else if (!PropertyTree.isMap(type)
                    && !PropertyTree.isList(type)
                    && environment.containsProperty(there)
                    && value(there).isBlank()) {
                problems.missing(there, Allowed.ofType(there, component.getType()));
            }
        }
    }

    private String value(String name) {
        Object raw = null;
        for (PropertySource<?> source : environment.getPropertySources()) {
            raw = source.getProperty(name);
            if (raw != null) {
                break;
            }
        }
        return raw == null ? "" : environment.resolvePlaceholders(raw.toString());
    }
}
