// The file of variables that the service reads: values set in it, everything else left as it is. Pure.

/** Values that systemd and Node read alike without quotes. */
const PLAIN = /^[A-Za-z0-9_./:@%+,=~?&[\]-]*$/;

/** Whether a value can be written without quotes. */
export function isPlain(value: string): boolean {
  return PLAIN.test(value);
}

/**
 * The text with each variable set once: in its line where it has one, in the first comment that shows it, else at the end.
 *
 * @param values plain ones
 */
export function withVariables(text: string, values: ReadonlyMap<string, string>): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  for (const [name, value] of values) {
    const set = new RegExp(`^\\s*(export\\s+)?${name}\\s*=`);
    const shown = new RegExp(`^#\\s?${name}=`);
    // The last one counts, for systemd and for Node.
    const at = lines.findLastIndex((line) => set.test(line));
    const place = at >= 0 ? at : lines.findIndex((line) => shown.test(line));
    const line = `${name}=${value}`;
    if (place >= 0) lines[place] = line;
    else lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}
