// Results of measurements, and their output: one line each, with its goal and whether it is met.

export interface Line {
  readonly what: string;
  readonly measured: string;
  /** Null where nothing was promised. */
  readonly goal: { readonly text: string; readonly met: boolean } | null;
}

export interface Measurement {
  readonly title: string;
  /** What is inside the measurement and what is not. */
  readonly about: string;
  readonly lines: readonly Line[];
}

export function printed({ title, about, lines }: Measurement): string {
  const widest = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const [what, measured] = [widest(lines.map((line) => line.what)), widest(lines.map((line) => line.measured))];
  const rows = lines.map((line) => {
    const goal = line.goal === null ? '' : `goal ${line.goal.text}: ${line.goal.met ? 'met' : 'MISSED'}`;
    return `  ${line.what.padEnd(what)}  ${line.measured.padEnd(measured)}  ${goal}`.trimEnd();
  });
  return `${title}\n  ${about}\n\n${rows.join('\n')}\n`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

/** The median, with the least and the most in brackets: `0.87 (0.84-0.91)`. */
export function spread(values: readonly number[], digits: number, unit = ''): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  return `${middle.toFixed(digits)}${unit} (${least.toFixed(digits)}-${most.toFixed(digits)})`;
}
