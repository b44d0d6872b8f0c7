// What holds of every import: its files validate, plan nothing against the host that they came from, and a second import is the same.

import { expect } from 'vitest';
import { compareTargets } from '../../../src/cli/host/compare.ts';
import { snapshotOf } from '../../../src/cli/host/written-snapshot.ts';
import { readHost } from '../../../src/cli/import/import.ts';
import { load } from '../../../src/load/load.ts';
import type { Imported } from '../../../src/managers/importer.ts';
import { allTargets } from '../../../src/managers/index.ts';
import { readSourceSettings } from '../../../src/settings/source.ts';
import type { LabHost } from '../../support/host/lab-host.ts';

const SETTINGS = readSourceSettings({}, () => '');

/** Imports the host and checks it; resolves to what was imported. */
export async function importHolds(host: LabHost): Promise<Imported> {
  const { imported } = await readHost(host, [], SETTINGS);
  const { config, problems } = load(snapshotOf(imported.files, imported.texts), SETTINGS);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const compared = config === null ? [] : await compareTargets(host, host, allTargets(config));
  expect(compared.filter(({ kind }) => kind !== 'same')).toEqual([]);
  expect((await readHost(host, [], SETTINGS)).imported).toEqual(imported);
  return imported;
}
