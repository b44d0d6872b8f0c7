// A ledger belongs to one branch of one repository and one node. A second installation in the same Redis would take the followed head of
// the first as its own, so it does not start. An older version of Phoenix does not either: it may not be able to read what a newer one wrote.

import { type Installation, installationText, isSameInstallation, placeOf } from '../model/installation.ts';
import { compareVersions } from '../model/version.ts';
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

/** A newer version of Phoenix has used the ledger. */
export class NewerLedger extends Error {
  override readonly name = 'NewerLedger';
  /** Exit code of the command line: something that Phoenix needs is not available. */
  readonly exit = 3;
  readonly hint: string;

  constructor(newest: string, ours: string) {
    super(`this Redis was used by Phoenix ${newest}, and ${ours} is older, which may not be able to read it`);
    this.hint =
      `start Phoenix ${newest} or a newer one; to go back to ${ours}, first bring back a copy of the ledger from before the update ` +
      '(docs/operations.md, "Going back"), or start with an empty Redis, without the history of runs and unused approvals';
  }
}

const MAX_TRIES = 10;

interface ClaimDeps {
  readonly ledger: Pick<Ledger, 'installation' | 'setInstallation' | 'usedBy' | 'setUsedBy'>;
  readonly options: Pick<AgentOptions, 'repositoryUrl' | 'branch' | 'roles' | 'movedFrom' | 'version'> & {
    /** Null while it is not known: then the ledger of any node is taken. */
    readonly node: string | null;
  };
}

/**
 * Records what the ledger belongs to, and which version of Phoenix uses it.
 *
 * @returns `new` where nothing was recorded yet
 * @throws OtherInstallation, NewerLedger
 */
export async function claimInstallation(deps: ClaimDeps): Promise<'known' | 'new'> {
  await refuseNewer(deps);
  const claimed = await claimPlace(deps);
  if (isSettled(deps)) await claimVersion(deps);
  return claimed;
}

/** A process that neither plans nor applies may run on any machine. */
function acts({ roles }: Pick<AgentOptions, 'roles'>): boolean {
  return roles.includes('reconcile') || roles.includes('apply');
}

/** Nothing is recorded until the node is known: the ledger may turn out to be another installation's. */
function isSettled({ options }: Pick<ClaimDeps, 'options'>): boolean {
  return options.node !== null || !acts(options);
}

async function refuseNewer({ ledger, options: { version } }: ClaimDeps): Promise<string | null> {
  const newest = await ledger.usedBy();
  if (newest !== null && compareVersions(newest, version) > 0) throw new NewerLedger(newest, version);
  return newest;
}

async function claimVersion(deps: ClaimDeps): Promise<void> {
  const { version } = deps.options;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const known = await refuseNewer(deps);
    if (known === version || (await deps.ledger.setUsedBy(known, version))) return;
  }
  throw new Error('the version that uses this Redis changes again and again: several versions start in it');
}

/**
 * Whether the ledger has nothing to learn of this installation: it may lack the node, or be the place that this one was moved from.
 *
 * @throws OtherInstallation for the ledger of another one
 */
function isComplete(known: Installation, ours: Installation, movedFrom: string | null | undefined): boolean {
  if (isSameInstallation(known, ours)) return known.node !== null || ours.node === null;
  if (installationText(known) !== movedFrom) throw new OtherInstallation(known, ours);
  return false;
}

async function claimPlace({ ledger, options }: ClaimDeps): Promise<'known' | 'new'> {
  const ours: Installation = {
    repository: placeOf(options.repositoryUrl),
    branch: options.branch,
    node: acts(options) ? options.node : null,
  };
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const known = await ledger.installation();
    const answer = known === null ? 'new' : 'known';
    if (known !== null && isComplete(known, ours, options.movedFrom)) return answer;
    if (!isSettled({ options })) return answer;
    // False when another process was faster: its record is read in the next round.
    if (await ledger.setInstallation(known, ours)) return answer;
  }
  throw new Error('what this Redis belongs to changes again and again: several installations start in it');
}
