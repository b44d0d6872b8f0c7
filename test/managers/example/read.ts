// The file of the repositories: its part of the configuration, and what must hold of it.

import type { Diagnostic } from '../../../src/config/diagnostic.ts';
import { parseParts } from '../../../src/config/read/parse-parts.ts';
import { type Place, placeIn } from '../../../src/config/read/place.ts';
import { markingOf } from '../../../src/config/written-marks.ts';
import type { Declaration, Reading } from '../../../src/managers/declaration.ts';
import type { RuleContext } from '../../../src/managers/rule.ts';
import { targetId } from '../../../src/model/ids.ts';
import type { AptRepository } from './declared.ts';
import { APT_FILE, aptFile } from './schema.ts';

const MARKS = markingOf(aptFile);

export const declaration: Declaration = {
  files: [
    {
      name: 'phoenix_apt_repositories',
      shortName: 'apt',
      path: APT_FILE,
      schema: aptFile,
      ifEmpty: 'Write {"repositories": {}} for none, or remove the file.',
    },
  ],
  read: (reading) => ({ aptRepositories: readRepositories(reading) }),
  rules: [repositoriesAreDifferent],
};

function readRepositories(reading: Reading): AptRepository[] {
  const at: Place = { file: APT_FILE, path: '' };
  const raw = reading.json(APT_FILE, 'optional');
  if (raw === undefined) return [];
  reading.inspect(MARKS, raw, at);
  // One entry that cannot be read leaves the others readable.
  const file = parseParts(aptFile, raw, at, (path) => path.slice(0, path[0] === 'repositories' ? 2 : 1));
  reading.diagnostics.add(file.diagnostics);
  if (file.value === undefined || file.left.length > 0) reading.unreadable.addFile(APT_FILE);
  return Object.entries(file.value?.repositories ?? {}).map(([name, { url, suite, components, signed_by }]) => ({
    name,
    writtenAt: placeIn(at, 'repositories', name),
    url,
    suite,
    components: [...new Set(components)],
    signedBy: signed_by,
  }));
}

/** DUPLICATE_NAME: apt warns at every update of a repository that is configured twice. */
function repositoriesAreDifferent({ config: { aptRepositories = [] } }: RuleContext): Diagnostic[] {
  return aptRepositories.flatMap(({ name, url, suite, writtenAt }, index): Diagnostic[] => {
    const other = aptRepositories.slice(0, index).find((one) => one.url === url && one.suite === suite);
    if (other === undefined) return [];
    const message = `${url} ${suite} is declared by "${other.name}" already`;
    return [{ code: 'DUPLICATE_NAME', at: writtenAt, message, target: targetId('apt', name) }];
  });
}
