// Folders of the host that people reach by SMB. Shares that people made stay, and so do passwords: Samba has its own, which a person sets with
// `smbpasswd`.

import type { Action } from '../../../model/action.ts';
import { targetId } from '../../../model/ids.ts';
import { HOST } from '../../dependencies.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import { act, actions, MARK, NOTES, remove, run, textOf, write } from '../act.ts';
import { fileRollback, previousFiles, rollbackOf } from '../file-rollback.ts';
import { liesInDataset, makeFolder, missingFolders } from '../folders.ts';
import { idleOnly, type Section } from '../section.ts';
import { enableUnit, installUnit, unitsOf } from '../units.ts';
import { MAIN_FILE, OWN_FILE, toldText } from './files.ts';
import type { Facts, SambaSpec, SeenSamba } from './samba-comparison.ts';
import { sambaComparison } from './samba-comparison.ts';
import { mainText, sectionsOf, shareRefusal, sharesText } from './shares.ts';

const UNIT = 'smbd.service';
const STAGED_OWN = `${NOTES}/samba/phoenix.conf`;
const STAGED_MAIN = `${NOTES}/samba/smb.conf`;
const TOLD_FILE = `${NOTES}/samba/told`;

export const samba: Section<SambaSpec, Facts, SeenSamba> = {
  name: 'samba',
  declared(config) {
    const { samba: server } = config.hypervisor;
    if (server === null || server.shares.length === 0) return null;
    const shares = server.shares.map((share) => ({ ...share, validUsers: [...share.validUsers] }));
    const make = shares.map(({ path }) => path).filter((path) => liesInDataset(path, config));
    const spec: SambaSpec = { user: server.user, shares, make };
    return { spec, needs: [HOST.storage, targetId('hypervisor', 'users')] };
  },
  impact: () => 'live',
  inventory,
  quickCheck: (facts, wanted) => (facts.unproved === null ? quickCheckOf(facts, wanted) : null),
  async observe(host, { spec }) {
    const facts = await inventory(host);
    const paths = spec === undefined ? [] : spec.shares.map(({ path }) => path);
    return { ...facts, missing: await missingFolders(host, paths) };
  },
  decide,
  compares: sambaComparison,
  isThere: (_wanted, { own }) => own !== null,
  health: () => null,
  rollback(wanted, seen, todo) {
    if (seen.unproved !== null) return rollbackOf('samba', seen.unproved, [reload()]);
    const swaps = todo.flatMap(({ do: what }) =>
      what.kind === 'file' && what.content.from === 'text' && (what.path === OWN_FILE || what.path === MAIN_FILE)
        ? [{ path: what.path, before: what.path === OWN_FILE ? seen.own : seen.main, after: what.content.text }]
        : [],
    );
    return wanted.spec === undefined || swaps.length === 0 ? null : fileRollback('samba', swaps, [reload()]);
  },
};

const quickCheckOf = idleOnly<SambaSpec, Facts, SeenSamba>(
  (facts) => ({ ...facts, missing: new Set<string>() }),
  decide,
);

async function inventory(host: HostReader): Promise<Facts> {
  const read = (path: string): Promise<string | null> => textOf(host, path);
  const [own, main, stagedOwn, stagedMain, told, passwd, unproved] = await Promise.all([
    read(OWN_FILE),
    read(MAIN_FILE),
    read(STAGED_OWN),
    read(STAGED_MAIN),
    read(TOLD_FILE),
    read('/etc/passwd'),
    previousFiles(host, 'samba'),
  ]);
  const units = await unitsOf(host);
  return { own, main, staged: { own: stagedOwn, main: stagedMain }, told, unproved, passwd: passwd ?? '', units };
}

function decide({ spec, adopt }: Wanted<SambaSpec>, seen: SeenSamba): Decision {
  return spec === undefined ? removal(seen) : decisionFor(spec, seen, adopt === true);
}

function decisionFor({ user, shares, make }: SambaSpec, seen: SeenSamba, adopted: boolean): Decision {
  const missing = installUnit(UNIT, seen.units);
  if (missing !== null || seen.main === null) return missing === null ? noMainFile() : actions(missing);
  const fault = shares.map(shareRefusal).find((each) => each !== undefined);
  if (fault !== undefined) return { kind: 'impossible', reason: fault };
  const text = sharesText(shares);
  const main = mainText(seen.main, OWN_FILE);
  if (seen.own !== null && seen.own !== text && !seen.own.startsWith(MARK) && !adopted) {
    const reason = `${OWN_FILE} is not ours: move it away, or take it over with phoenix adopt hypervisor/samba`;
    return { kind: 'blocked', reason };
  }
  const theirs = sectionsOf(seen.main);
  const twice = shares.find(({ name }) => theirs.has(name.toLowerCase()));
  if (twice !== undefined) {
    return { kind: 'blocked', reason: `${MAIN_FILE} has a share ${twice.name} already: take it out there, or here` };
  }
  const [, uid, gid] = new RegExp(`^${user.replaceAll('.', '\\.')}:[^:]*:(\\d+):(\\d+):`, 'm').exec(seen.passwd) ?? [];
  if (uid === undefined) {
    const reason = `the account ${user} of the shares is not on the host; make it with adduser ${user}, and give it a password with smbpasswd -a ${user}`;
    return { kind: 'impossible', reason };
  }
  const absent = [...new Set(shares.map(({ path }) => path))].filter((path) => seen.missing.has(path));
  const unmade = absent.find((path) => !make.includes(path));
  if (unmade !== undefined) {
    const reason = `${unmade} is to be shared and is no folder: mount what belongs there, or declare its dataset`;
    return { kind: 'impossible', reason };
  }
  const folders = absent.map((path) => makeFolder(path, { uid: Number(uid), gid: Number(gid) }));
  const isSwapped = text === seen.own && main === seen.main;
  const staging = isSwapped ? [] : stage(text, main, seen);
  if (staging.length > 0) return actions(folders, staging, test());
  return actions(
    folders,
    isSwapped ? null : swap(text, main, seen),
    enableUnit(UNIT, seen.units),
    reloadActions(text, main, seen),
  );
}

/** Both files are staged and tested together before either is replaced. */
function stage(text: string, main: string, { staged }: SeenSamba): Action[] {
  const stagedMain = mainText(main, STAGED_OWN);
  return [
    ...(staged.own === text ? [] : [write('stage the shares', STAGED_OWN, text, staged.own)]),
    ...(staged.main === stagedMain ? [] : [write('stage the settings of Samba', STAGED_MAIN, stagedMain, staged.main)]),
  ];
}

function test(): Action {
  return act('test the settings of Samba', run('testparm', ['-s', STAGED_MAIN]));
}

/** Tested again, since the run that staged the files may have been interrupted before the test. */
function swap(text: string, main: string, { own, main: present }: SeenSamba): Action[] {
  return [
    test(),
    ...(text === own ? [] : [write('replace the shares', OWN_FILE, text, own)]),
    ...(main === present ? [] : [write('include the shares in the configuration of Samba', MAIN_FILE, main, present)]),
  ];
}

/** A freshly started Samba has read the files, and is reloaded anyway: only the note proves that they were read. */
function reloadActions(text: string | null, main: string, { told }: SeenSamba): Action[] {
  const note = toldText(text, main);
  if (told === note) return [];
  return [reload(), write('record the settings of Samba', TOLD_FILE, note, told)];
}

function reload(): Action {
  return act('have Samba reload its settings', run('systemctl', ['reload-or-restart', UNIT]));
}

/** Removes Phoenix's shares; Samba, people's shares and all folders stay. */
function removal(seen: SeenSamba): Decision {
  const isOurs = seen.own?.startsWith(MARK) === true;
  const main = seen.main === null ? null : mainText(seen.main, null);
  const isRead = main !== seen.main;
  return actions(
    main !== null && isRead
      ? write('remove the shares from the configuration of Samba', MAIN_FILE, main, seen.main)
      : null,
    isOurs ? remove('remove the shares', OWN_FILE) : null,
    main !== null && seen.told !== null && seen.units[UNIT].active
      ? [reload(), remove('remove the record of the settings of Samba', TOLD_FILE)]
      : null,
  );
}

function noMainFile(): Decision {
  return { kind: 'impossible', reason: `Samba is installed without ${MAIN_FILE}: bring it back with its package` };
}
