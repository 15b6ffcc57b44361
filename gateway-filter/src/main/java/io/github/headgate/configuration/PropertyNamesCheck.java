package io.github.headgate.configuration;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Stops the application from starting over a key under {@code headgate} that binding would ignore, alter or take for
 * absent: a misspelt name, an id with special characters outside brackets, two ids that look alike to it, a property
 * without a value.
 *
 * <p>Environment variables are not looked at for names: orchestrators invent some, such as {@code HEADGATE_PORT} for a
 * Kubernetes service named headgate.
 */
public final class PropertyNamesCheck implements BeanFactoryPostProcessor {

    private final ConfigurableEnvironment environment;

    public PropertyNamesCheck(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    /** @throws InvalidConfigurationException if there is such a key; it names every one */
    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
        Problems problems = new Problems();
        YamlNames yaml = new YamlNames();
        AlikeNames names = new AlikeNames();
        for (String name : writtenNames()) {
            List<NameSegment> segments = NameSegment.parse(name);
            if (!segments.isEmpty() && segments.get(0).isProperty(HeadgateProperties.PREFIX)) {
                new PropertyNameWalk(written(name), yaml, names, problems).check();
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
            } else if (!PropertyTree.isMap(type) && !PropertyTree.isList(type) && isEmpty(there)) {
                problems.missing(there, Allowed.ofType(there, component.getType()));
            }
        }
    }

    private boolean isEmpty(String name) {
        for (PropertySource<?> source : environment.getPropertySources()) {
            Object value = source.getProperty(name);
            if (value != null) {
                return environment.resolvePlaceholders(value.toString()).isBlank();
            }
        }
        return false;
    }

    private WrittenProperty written(String name) {
        for (PropertySource<?> source : environment.getPropertySources()) {
            // Boot's view of all the others knows relaxed names, but not a file's own line and column.
            Object value = ConfigurationPropertySources.isAttachedConfigurationPropertySource(source)
                    ? null
                    : source.getProperty(name);
            if (value != null) {
                return new WrittenProperty(
                        name, environment.resolvePlaceholders(value.toString()), OriginLookup.getOrigin(source, name));
            }
        }
        return new WrittenProperty(name, "", null);
    }
}
