// The parameter check that every Proxmox program runs before it looks at any state: options and positional
// arguments as Getopt::Long takes them, then each value against its schema.

/** Parameters as the programs see them after the check: scalars as text (booleans `1` or `0`), arrays as lists. */
export type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** Either the parameters, or the complete error output of the refusal (usage line included). */
export type Checked =
  | { readonly ok: true; readonly parameters: Parameters }
  | { readonly ok: false; readonly stderr: string };

/**
 * Checks a command line of `pct` or `qm`.
 * @param verb program and verb, for instance `pct set` or `qm disk import`
 * @param argv what follows the verb
 */
export function checkParameters(_verb: string, _argv: readonly string[]): Checked {
  throw new Error('not yet written');
}
