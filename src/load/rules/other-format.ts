// A file of the configuration under its name and in another format: it would count as one that is not there.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { FileFormat } from '../../config/file-format.ts';
import type { RuleContext } from '../../managers/rule.ts';

/** SYNTAX: `etc/phoenix_lxc_configs.yml` stands where the JSON file is to be, and would declare nothing. */
export function filesAreJson({ files }: Pick<RuleContext, 'files'>, formats: readonly FileFormat[]): Diagnostic[] {
  return formats.flatMap(({ path }) => {
    if (typeof path !== 'string' || files.has(path)) return [];
    const others = ['yaml', 'yml'].map((ending) => path.replace(/json$/, ending)).filter((other) => files.has(other));
    return others.map(
      (other): Diagnostic => ({
        code: 'SYNTAX',
        at: { file: other, path: '' },
        message: `this file is YAML, and Phoenix reads ${path}`,
        hint: `Turn it into JSON, for example with: yq --output-format json ${other} > ${path}.`,
        position: { line: 1, column: 1 },
      }),
    );
  });
}
