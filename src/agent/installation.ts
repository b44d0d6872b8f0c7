// A ledger belongs to one branch of one repository and one node. A second installation in the same Redis would take the followed head of
// the first as its own, so it does not start.

import { type Installation, installationText, isSameInstallation, placeOf } from '../model/installation.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { AgentOptions } from './deps.ts';

/** The ledger is another installation's. */
export class OtherInstallation extends Error {
  override readonly name = 'OtherInstallation';
  /** Exit code of the command line: something that Phoenix needs is not available. */
  readonly exit = 3;
  readonly hint: string;

  constructor(theirs: Installation, ours: Installation) {
    const text = installationText(theirs);
    super(`this Redis belongs to ${text}, and these settings are for ${installationText(ours)}`);
    this.hint =
      'a second installation needs its own: set PHOENIX_INSTALLATION to a name for it, or REDIS_URL or PHOENIX_DATA_DIR to another place; ' +
      `where the repository, its branch or the node was renamed or moved, set PHOENIX_MOVED_FROM='${text}'`;
  }
}

const MAX_TRIES = 10;

interface ClaimDeps {
  readonly ledger: Pick<Ledger, 'installation' | 'setInstallation'>;
  readonly options: Pick<AgentOptions, 'repositoryUrl' | 'branch' | 'node' | 'roles' | 'movedFrom'>;
}

/**
 * Records what the ledger belongs to.
 *
 * @returns `new` where nothing was recorded yet
 * @throws OtherInstallation
 */
export async function claimInstallation({ ledger, options }: ClaimDeps): Promise<'known' | 'new'> {
  // A process that neither plans nor applies may run on any machine.
  const acts = options.roles.includes('reconcile') || options.roles.includes('apply');
  const ours: Installation = {
    repository: placeOf(options.repositoryUrl),
    branch: options.branch,
    node: acts ? options.node : null,
  };
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const known = await ledger.installation();
    if (known !== null && isSameInstallation(known, ours)) {
      if (known.node !== null || ours.node === null) return 'known';
    } else if (known !== null && installationText(known) !== options.movedFrom) {
      throw new OtherInstallation(known, ours);
    }
    // False when another process was faster: its record is read in the next round.
    if (await ledger.setInstallation(known, ours)) return known === null ? 'new' : 'known';
  }
  throw new Error('what this Redis belongs to changes again and again: several installations start in it');
}
