package io.github.headgate.benchmarks.report;

import java.util.Locale;

/** A table as horizontal bars, one group a column, in SVG: needs no fonts and no screen. */
final class BarChart {

    private static final int LEFT = 260;
    private static final int LONGEST = 480;
    private static final int WIDTH = LEFT + LONGEST + 120;
    private static final int BAR = 20;
    private static final int HEAD = 34;

    private final StringBuilder svg = new StringBuilder();
    private int y = 30;

    private BarChart() {}

    /** @param footer what the picture says below the bars */
    static String of(Table table, String footer) {
        return new BarChart().draw(table, footer);
    }

    private String draw(Table table, String footer) {
        text(10, y, 16, table.title());
        double most = table.rows().stream()
                .flatMap(row -> row.values().stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1);
        for (int column = 0; column < table.columns().size(); column++) {
            y += HEAD;
            text(10, y, 13, table.columns().get(column));
            y += 8;
            for (Table.Row row : table.rows()) {
                bar(row, row.values().get(column), most, table.unit());
            }
        }
        y += HEAD;
        text(10, y, 10, footer);
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">%n"
                                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
                        WIDTH,
                        y + 16)
                + svg
                + "</svg>\n";
    }

    private void bar(Table.Row row, double value, double most, Unit unit) {
        int length = (int) Math.round(LONGEST * value / most);
        String colour = switch (row.role()) {
            case OURS -> "#1a7f5a";
            case VARIANT -> "#8cc3ad";
            case PEER -> "#8fa3b8";
            case FLOOR -> "#d9c48f";
        };
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>%n",
                LEFT,
                y,
                length,
                BAR - 4,
                colour));
        text(20, y + 13, 12, row.name());
        text(LEFT + length + 6, y + 13, 12, unit.write(value));
        y += BAR;
    }

    private void text(int x, int baseline, int size, String text) {
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" font-size=\"%d\">%s</text>%n",
                x,
                baseline,
                size,
                text.replace("&", "&amp;").replace("<", "&lt;")));
    }
}
