// Imports a host into files and compares them with the same host, which must not differ.

import { compareTargets } from '../../../src/cli/host/compare.ts';
import { snapshotOf } from '../../../src/cli/host/written-snapshot.ts';
import { readHost } from '../../../src/cli/import/import.ts';
import { load } from '../../../src/load/load.ts';
import { allTargets } from '../../../src/managers/index.ts';
import { HYPERVISOR_FILE } from '../../../src/managers/places.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import { readSourceSettings } from '../../../src/settings/source.ts';
import { guardedHost } from '../../support/host/guarded-host.ts';
import type { LabHost } from '../../support/host/lab-host.ts';

const SETTINGS = readSourceSettings({}, () => '');

/** The imported file of the hypervisor, what was left on the host, and the targets that would be changed. */
export async function broughtIn(host: LabHost) {
  const guarded = guardedHost(host);
  const { imported } = await readHost(guarded, ['hypervisor'], SETTINGS);
  const { config, problems } = load(snapshotOf(imported.files, imported.texts), SETTINGS);
  if (config === null) throw new Error(problems.map(({ message }) => message).join('; '));
  const compared = await compareTargets(guarded, guarded, allTargets(config));
  return {
    file: imported.files[HYPERVISOR_FILE] as JsonObject,
    left: imported.left,
    secrets: imported.secrets,
    targets: compared.map(({ target }) => target),
    differing: compared.filter(({ kind }) => kind !== 'same'),
  };
}
