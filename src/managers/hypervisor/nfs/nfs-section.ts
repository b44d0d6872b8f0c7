// Folders that guests mount from the host by NFS. Only changed exports are passed to the kernel, one by one: the others continue without
// interruption, and those of people are not touched. exportfs cannot check a file without using it, and stops at the first word that it refuses; so
// each export is passed to it first, and only accepted ones are written to the file for the next boot.

import type { Action } from '../../../model/action.ts';
import type { Config } from '../../config.ts';
import { HOST } from '../../dependencies.ts';
import type { Decision, HostReader, Rollback, Wanted } from '../../manager.ts';
import { act, actions, MARK, NOTES, remove, run, textOf, write } from '../act.ts';
import { liesInDataset, makeFolder, missingFolders } from '../folders.ts';
import { idleOnly, type Section } from '../section.ts';
import { enableUnit, installUnit, unitsOf } from '../units.ts';
import {
  type Export,
  exportName,
  exportsText,
  exportsToWithdraw,
  OWN_FILE,
  readExports,
  sameExport,
} from './exports.ts';
import type { Facts, Folder, NfsSpec, SeenNfs } from './nfs-comparison.ts';
import { nfsComparison } from './nfs-comparison.ts';
import { nfsOptionFault } from './option.ts';
import { exportOptions, sameOptions } from './options.ts';

const UNIT = 'nfs-server.service';
/** What the kernel exports, as recorded by exportfs. */
const TABLE = '/var/lib/nfs/etab';
const PEOPLES_FILE = '/etc/exports';
const FOLDER = '/etc/exports.d';
/** A list of exports that the kernel may have after an interrupted change. */
const BEGUN_FILE = `${NOTES}/nfs/begun`;

export const nfs: Section<NfsSpec, Facts, SeenNfs> = {
  name: 'nfs',
  declared(config) {
    const { nfsExports } = config.hypervisor;
    if (nfsExports.length === 0) return null;
    const spec: NfsSpec = { exports: exportsOf(config), folders: foldersOf(config) };
    return { spec, needs: [HOST.storage] };
  },
  impact: () => 'live',
  inventory,
  quickCheck: idleOnly((facts) => ({ ...facts, missing: new Set<string>() }), decide),
  async observe(host, { spec }) {
    const facts = await inventory(host);
    const paths = spec === undefined ? [] : spec.folders.map(({ path }) => path);
    return { ...facts, missing: await missingFolders(host, paths) };
  },
  decide,
  compares: nfsComparison,
  isThere: (_wanted, { own }) => own !== null,
  health: () => null,
  rollback: ({ spec }, seen, todo) => (spec === undefined ? null : asBefore(spec, seen, todo)),
};

/** Each pair of folder and client once; the last options for a client win, as in exportfs. */
function exportsOf({ hypervisor }: Config): Export[] {
  const all = hypervisor.nfsExports.flatMap(({ path, clients, options }) =>
    clients.map((client): Export => ({ path: path.replace(/(?<=.)\/+$/, ''), client, options: [...options] })),
  );
  const byName = new Map(all.map((each) => [exportName(each), each]));
  return [...byName.values()].sort((a, b) => (exportName(a) < exportName(b) ? -1 : 1)).sort((a, b) => order(a, b));
}

function order(a: Export, b: Export): number {
  return a.path === b.path ? 0 : a.path < b.path ? -1 : 1;
}

/** The exported folders, and those inside them that VMs mount from this host. */
function foldersOf(config: Config): Folder[] {
  const exports = [...Map.groupBy(exportsOf(config), ({ path }) => path)];
  const exported = exports.map(([path, [first]]) => ({ path, make: liesInDataset(path, config), ...ownerOf(first) }));
  const { address, nfsServer } = config.hypervisor.network;
  const own = [nfsServer, address?.split('/')[0]];
  const mounted = config.vm.flatMap(({ volumes }) => volumes).filter(({ server }) => own.includes(server));
  const inside = mounted.flatMap(({ path }): Folder[] => {
    const [nearest] = exports
      .filter(([folder]) => path.startsWith(`${folder}/`))
      .sort(([a], [b]) => b.length - a.length);
    const isExported = exports.some(([folder]) => folder === path);
    return nearest === undefined || isExported ? [] : [{ path, make: true, ...ownerOf(nearest[1][0]) }];
  });
  const folders = new Map([...exported, ...inside].map((folder) => [folder.path, folder]));
  return [...folders.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The host's user that root of the client is mapped to. */
function ownerOf(one: Export | undefined): Pick<Folder, 'uid' | 'gid'> {
  const options = exportOptions(one?.options ?? []);
  const isMapped = options.get('root_squash') === 'root_squash' || options.get('no_all_squash') === 'all_squash';
  // Negative ids wrap around, as unsigned 32-bit numbers.
  const id = (name: string) => (isMapped ? Number(options.get(name)) >>> 0 : 0);
  return { uid: id('anonuid'), gid: id('anongid') };
}

async function inventory(host: HostReader): Promise<Facts> {
  const [own, begun, table, main, others, units] = await Promise.all([
    textOf(host, OWN_FILE),
    textOf(host, BEGUN_FILE),
    textOf(host, TABLE),
    textOf(host, PEOPLES_FILE),
    host.readFolders([FOLDER]),
    unitsOf(host),
  ]);
  const files = [[PEOPLES_FILE, main ?? ''] as const, ...others].filter(
    ([file]) => file !== OWN_FILE && (file === PEOPLES_FILE || file.endsWith('.exports')),
  );
  const foreign = files.flatMap(([file, text]) => readExports(text).map((each) => ({ ...each, file })));
  return { own, begun, foreign, active: readExports(table ?? ''), units };
}

function decide({ spec, adopt }: Wanted<NfsSpec>, seen: SeenNfs): Decision {
  return spec === undefined ? removal(seen) : decisionFor(spec, seen, adopt === true);
}

function decisionFor({ exports, folders }: NfsSpec, seen: SeenNfs, adopted: boolean): Decision {
  const unknown = exports.flatMap(({ options }) => options).find((option) => nfsOptionFault(option) !== null);
  if (unknown !== undefined) return { kind: 'impossible', reason: `NFS has no option ${unknown}` };
  const text = exportsText(exports);
  const { own, begun, foreign, missing } = seen;
  if (own !== null && own !== text && !own.startsWith(MARK) && !adopted) {
    return blocked(`${OWN_FILE} is not ours: move it away, or take it over with phoenix adopt hypervisor/nfs`);
  }
  const twice = foreign.find((each) => exports.some((one) => sameExport(one, each)));
  if (twice !== undefined) {
    return blocked(`${twice.file} exports ${twice.path} to ${twice.client} too: take it out there, or here`);
  }
  const absent = folders.filter(({ path }) => missing.has(path));
  const unmade = absent.find(({ make }) => !make);
  if (unmade !== undefined) {
    const reason = `${unmade.path} is to be exported and is no folder: mount what belongs there, or declare its dataset`;
    return { kind: 'impossible', reason };
  }
  const changed = changedIn(exports, seen);
  const isNoted = own === text || begun === text;
  return actions(
    installUnit(UNIT, seen.units),
    seen.units[UNIT].installed ? enableUnit(UNIT, seen.units) : null,
    absent.map(({ path, uid, gid }) => makeFolder(path, { uid, gid })),
    isNoted ? null : write('record what is about to be exported', BEGUN_FILE, text, begun),
    exportsToWithdraw(seen, exports).map(withdraw),
    changed.map(announce),
    own === text ? null : write('write the exports for the next start', OWN_FILE, text, own),
    isNoted && begun === null ? null : remove('record that it is exported', BEGUN_FILE),
  );
}

/** Exports that the kernel does not have as declared. */
function changedIn(exports: readonly Export[], { active }: SeenNfs): Export[] {
  return exports.filter((each) => {
    const now = active.find((one) => sameExport(one, each));
    return now === undefined || !sameOptions(exportOptions(now.options), exportOptions(each.options));
  });
}

/** Restores the kernel's previous exports when a new one is refused; the file is not written before that. */
function asBefore({ exports }: NfsSpec, seen: SeenNfs, todo: readonly Action[]): Rollback | null {
  const told = changedIn(exports, seen);
  if (todo.length === 0 || told.length === 0) return null;
  const restore = told.map((each): Action => {
    const before = seen.active.find((one) => sameExport(one, each));
    return { ...(before === undefined ? withdraw(each) : announce(before)), failure: 'observe' };
  });
  return { snapshot: [], restore, discard: [] };
}

/** Exports with exactly these options, whatever the files say. For a name that does not resolve, exportfs warns, exports to nobody and succeeds. */
function announce(each: Export): Action {
  const options = each.options.length === 0 ? [] : ['-o', each.options.join(',')];
  return act(
    `export ${each.path} to ${each.client}`,
    run('exportfs', ['-i', ...options, exportName(each)], { answer: 'quiet' }),
  );
}

function withdraw(each: Export): Action {
  return act(`stop exporting ${each.path} to ${each.client}`, run('exportfs', ['-u', exportName(each)]));
}

/** Removes the exports; the NFS server stays for those of people, and the folders keep their content. */
function removal(seen: SeenNfs): Decision {
  const isOurs = seen.own?.startsWith(MARK) === true;
  return actions(
    exportsToWithdraw(seen, []).map(withdraw),
    isOurs ? remove('remove the exports', OWN_FILE) : null,
    seen.begun === null ? null : remove('remove the record of what was about to be exported', BEGUN_FILE),
  );
}

function blocked(reason: string): Decision {
  return { kind: 'blocked', reason };
}
