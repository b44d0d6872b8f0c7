// Rules for config files with a wrong format or a similar name, which would be ignored.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { type FileFormat, isAt } from '../../config/file-format.ts';
import { nearest } from '../../config/nearest.ts';
import { HYPERVISOR_FILE } from '../../managers/places.ts';
import type { RuleContext } from '../../managers/rule.ts';

/** SYNTAX: a file such as `etc/phoenix_lxc_configs.yml` exists instead of the JSON file. */
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

/** NO_EFFECT: `etc/lxc_configs.json`, or the right name in another folder, exists instead of `etc/phoenix_lxc_configs.json`, which is missing. */
export function filesHaveTheirNames(
  { files }: Pick<RuleContext, 'files'>,
  formats: readonly FileFormat[],
): Diagnostic[] {
  const missing = new Map(
    formats.flatMap(({ path }) =>
      typeof path === 'string' && !files.has(path) ? [[essence(path), path] as const] : [],
    ),
  );
  return [...files.keys()].flatMap((file): Diagnostic[] => {
    if (!file.endsWith('.json') || formats.some((format) => isAt(format, file))) return [];
    const elsewhere = [...missing.values()].find((path) => path.split('/').at(-1) === file.split('/').at(-1));
    if (elsewhere !== undefined && isOfAnotherRoot(file, elsewhere, files)) return [];
    const meant = /^etc\/[^/]+$/.test(file) ? nearest(essence(file), [...missing.keys()]) : null;
    const path = elsewhere ?? (meant === null ? undefined : missing.get(meant));
    if (path === undefined) return [];
    return [
      {
        code: 'NO_EFFECT',
        at: { file, path: '' },
        message: elsewhere === undefined ? 'no file of this name is read' : 'no file is read here',
        hint: `If it is what ${path} is to be, ${elsewhere === undefined ? 'rename' : 'move'} it.`,
        position: { line: 1, column: 1 },
      },
    ];
  });
}

/** Whether the file is where it is to be below another folder that is a config root itself, such as an example. */
function isOfAnotherRoot(file: string, path: string, files: RuleContext['files']): boolean {
  return file.endsWith(`/${path}`) && files.has(`${file.slice(0, -path.length)}${HYPERVISOR_FILE}`);
}

/** The distinctive part of a config file name: `lxc` of `etc/phoenix_lxc_configs.json`. */
function essence(path: string): string {
  return path
    .replace(/^.*\/|\.json$/g, '')
    .replaceAll(/phoenix|configs?|[^a-z]/gi, '')
    .toLowerCase();
}
