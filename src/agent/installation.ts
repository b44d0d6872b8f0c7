// One ledger is kept for one branch of one repository and one node. A second installation in the same Redis would take the first one's
// heads for its own, so it does not start.

import { type Installation, installationText, isSameInstallation, placeOf } from '../model/installation.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { AgentOptions } from './parts.ts';

/** The ledger is another installation's. */
export class OtherInstallation extends Error {
  override readonly name = 'OtherInstallation';
  /** As the command line ends for what is not there. */
  readonly exit = 3;
  readonly hint: string;

  constructor(theirs: Installation, ours: Installation) {
    const text = installationText(theirs);
    super(`this Redis is kept for ${text}, and these settings are for ${installationText(ours)}`);
    this.hint =
      'a second installation needs its own: set PHOENIX_INSTALLATION to a name for it, or REDIS_URL or PHOENIX_DATA_DIR to another place; ' +
      `where the repository, its branch or the node was renamed or moved, set PHOENIX_MOVED_FROM='${text}'`;
  }
}

const MOST_TRIES = 10;

interface Claiming {
  readonly ledger: Pick<Ledger, 'installation' | 'setInstallation'>;
  readonly options: Pick<AgentOptions, 'repositoryUrl' | 'branch' | 'node' | 'roles' | 'movedFrom'>;
}

/**
 * Writes down what the ledger is kept for, where nobody has yet: `new`.
 *
 * @throws OtherInstallation
 */
export async function claimInstallation({ ledger, options }: Claiming): Promise<'known' | 'new'> {
  // Whoever only receives, reports or shows may run anywhere.
  const acts = options.roles.includes('reconcile') || options.roles.includes('apply');
  const ours: Installation = {
    repository: placeOf(options.repositoryUrl),
    branch: options.branch,
    node: acts ? options.node : null,
  };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const known = await ledger.installation();
    if (known !== null && isSameInstallation(known, ours)) {
      if (known.node !== null || ours.node === null) return 'known';
    } else if (known !== null && installationText(known) !== options.movedFrom) {
      throw new OtherInstallation(known, ours);
    }
    // Another process may have come first: then its record is judged.
    if (await ledger.setInstallation(known, ours)) return known === null ? 'new' : 'known';
  }
  throw new Error('what this Redis is kept for changes again and again: several installations start in it');
}
