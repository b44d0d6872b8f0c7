// Calls on objects of the datacenter, answered by the lab as Proxmox's own programs were recorded to: their end, their words, and the files after them.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createLab, declareNode } from '../host.ts';
import { type RunHere, runnerHere } from './run-here.ts';

const REFERENCE = process.env['PHOENIX_TEST_REFERENCE'];

interface Row {
  readonly argv?: readonly string[];
  readonly rc: number;
  readonly stdout?: string;
  readonly stderr: string;
  readonly file?: string;
  readonly given?: string;
  readonly content: string | null;
}

/** Paths of the objects that Phoenix creates, changes and deletes. */
const OURS = [
  /^\/(pools|cluster\/backup)(\/[^/]+)?$/,
  /^\/cluster\/ha\/(groups|resources\/[^/]+\/\w+)$/,
  /^\/(storage|cluster\/mapping\/(pci|usb|dir)|cluster\/metrics\/server)(\/[^/]+)?$/,
  /^\/cluster\/qemu\/custom-cpu-models(\/[^/]+)?$/,
  /^\/cluster\/acme\/(account|plugins)(\/[^/]+)?$/,
  /^\/cluster\/options$/,
  /^\/cluster\/jobs\/realm-sync\/[^/]+$/,
  /^\/nodes\/[^/]+\/config$/,
  /^\/nodes\/pve\/(dns|hosts|time)$/,
  /^\/access\/(groups|roles|users|domains)(\/[^/]+)?$/,
  /^\/cluster\/firewall\//,
  /^\/cluster\/sdn\/(controllers|zones|vnets)(\/[^/]+)?$/,
  /^\/cluster\/sdn\/vnets\/[^/]+\/subnets(\/.+)?$/,
  /^\/cluster\/sdn(\/rollback)?$/,
  /^\/nodes\/pve\/network(\/[^/]+)?$/,
  /^\/cluster\/ha\/(resources|rules)(\/[^/]+)?$/,
  /^\/cluster\/replication(\/[^/]+)?$/,
  /^\/access\/(acl|users\/[^/]+\/token\/[^/]+)$/,
];

/** Files whose sections or lines are compared, those of both that have the same id. */
const FILES: Readonly<Record<string, (text: string) => Map<string, string>>> = {
  '/etc/pve/jobs.cfg': (text) =>
    new Map([...sectionsOf(text)].map(([id, section]) => [id, section.split('\n').sort().join('\n')])),
  // The members of a pool are also changed by calls on guests, which are not replayed here.
  '/etc/pve/user.cfg': (text) =>
    new Map(
      text
        .split('\n')
        .filter((line) => !line.startsWith('pool:'))
        .map((line) => [line.split(':').slice(0, 3).join(':'), line]),
    ),
  '/etc/pve/domains.cfg': sectionsOf,
  '/etc/pve/ha/resources.cfg': sectionsOf,
  '/etc/pve/ha/rules.cfg': sectionsOf,
  '/etc/pve/replication.cfg': sectionsOf,
  '/etc/pve/status.cfg': sectionsOf,
  '/etc/pve/virtual-guest/cpu-models.conf': sectionsOf,
  // In any order.
  '/etc/pve/storage.cfg': (text) =>
    // The content of one is written with the next change of any, and the other is created by a call that is not replayed.
    new Map(
      [...sectionsOf(text)].flatMap(([id, section]) =>
        /^(esxi: esx|zfspool: rpool):?$/.test(id) ? [] : [[id, withSortedWords(section)]],
      ),
    ),
  ...Object.fromEntries(
    ['pci', 'usb', 'directory'].map((name) => [
      `/etc/pve/mapping/${name}.cfg`,
      (text: string) => new Map(text.split('\n\n').map((section) => [section.split('\n')[0] ?? '', section])),
    ]),
  ),
  '/etc/pve/datacenter.cfg': (text) =>
    new Map(
      text.split('\n').flatMap((line) => (/^(?!migration)[a-z]/.test(line) ? [[line.split(':')[0] ?? '', line]] : [])),
    ),
  // Some are changed by a program that is not replayed.
  '/etc/pve/nodes/pve/config': (text) =>
    new Map(text.split('\n').map((line) => [/^[a-z0-9-]+:/.exec(line)?.[0] ?? '', line.replace(/^#.*/, '')])),
  '/etc/pve/sdn/controllers.cfg': sectionsOf,
  '/etc/pve/sdn/zones.cfg': sectionsOf,
  '/etc/pve/sdn/vnets.cfg': sectionsOf,
  '/etc/pve/sdn/subnets.cfg': sectionsOf,
  '/etc/pve/sdn/.running-config': (text) => {
    const { controllers, zones, vnets, subnets, version } = JSON.parse(text || '{}');
    return new Map(
      Object.entries({ controllers, zones, vnets, subnets, version }).map(([key, value]) => [key, inOrder(value)]),
    );
  },
  '/etc/network/interfaces': (text) => new Map([['', text]]),
  '/etc/network/interfaces.new': (text) => new Map([['', text]]),
  // Proxmox writes options in any order.
  '/etc/pve/firewall/cluster.fw': (text) =>
    new Map(
      text.split('\n\n[').map((part) => {
        const lines = part.replace(/^\[/, '').split('\n');
        return [lines[0] ?? '', (lines[0] === 'OPTIONS]' ? lines.sort() : lines).join('\n').trim()];
      }),
    ),
};

/** Paths of the objects that the lab shows. */
const READS =
  /^\/(pools|access\/(acl|groups|permissions|roles|users|domains)|cluster\/(ha\/(resources|rules)|mapping\/\w+|metrics\/server|options|backup-info|replication|sdn\/(zones|vnets|controllers))|nodes\/pve\/(config|dns|hosts|network|subscription|version))(\/|$)/;

/** What rests on a server that is not there, on programs of Ceph or a backup server, on what nobody can declare, is told in no order, or what only the schemas of a
 * type say of others. */
const NOT_ASKED =
  /10\.99\.|encryption-key|\/storage\/(nas2|nas3|pbs)\b|--storage rpool|--id p 3 |\/ha\/rules.*(--type bogus|keep --strict)|alias=x|--cputype x |nodes\/other/;

function isOurs({ argv = [] }: Row): boolean {
  const [program, verb = '', path = ''] = argv;
  // What an IPAM has noted of addresses is not imitated.
  if (/subnets\/.*-24$/.test(path) && verb === 'delete') return false;
  if (program === 'pvesh' && verb === 'get')
    return READS.test(path) && !/--check-node|\/pools.* ?prod/.test(argv.join(' '));
  const isChange = program === 'pvesh' && ['create', 'set', 'delete'].includes(verb);
  // The usage line names the path's own parameter, and a job without a name gets one by chance.
  const named = verb !== 'create' || path !== '/cluster/backup' || argv.includes('--id');
  return isChange && named && !NOT_ASKED.test(argv.join(' ')) && OURS.some((pattern) => pattern.test(path));
}

test.skipIf(REFERENCE === undefined)('calls on objects of the datacenter end as recorded', async () => {
  // What follows them is about guests that are destroyed, which take their places in pools and jobs along.
  const guests = { 'lxc/101': GUEST, 'lxc/102': GUEST, 'qemu-server/201': GUEST, 'qemu-server/202': GUEST };
  const { asked, differences } = await replayed(recorded().slice(0, 880), guests, []);
  process.stdout.write(`objects: ${asked - differences.length} of ${asked} rows alike\n${differences.join('\n')}\n`);
  expect(asked).toBeGreaterThan(50);
  expect(differences).toEqual([]);
});

test.skipIf(REFERENCE === undefined)('calls of a cluster of two nodes end as recorded', async () => {
  const rows = recorded();
  const cluster = rows.findIndex(({ given }) => given === 'nodes');
  const guests = {
    'lxc/101': `${GUEST}rootfs: local-lvm:vm-101-disk-0,size=4G\n`,
    'lxc/151': `${GUEST}rootfs: rpool:subvol-151-disk-0,size=4G\n`,
    'qemu-server/251': GUEST,
    'qemu-server/252': GUEST,
  };
  // The rules of before are in the file.
  const isOfBefore = ({ argv = [] }: Row) => argv[1] === 'get' && argv[2] === '/cluster/ha/rules';
  const own = rows.slice(cluster).filter((row) => !isOfBefore(row));
  const { asked, differences } = await replayed(own, guests, ['pve2']);
  process.stdout.write(`cluster: ${asked - differences.length} of ${asked} rows alike\n${differences.join('\n')}\n`);
  expect(asked).toBeGreaterThan(20);
  expect(differences).toEqual([]);
});

const GUEST = 'memory: 512\n';

function recorded(): Row[] {
  const text = readFileSync(join(REFERENCE ?? '', 'proxmox-objects.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

/** @param nodes others of the cluster */
async function replayed(
  rows: readonly Row[],
  guests: Readonly<Record<string, string>>,
  nodes: readonly string[],
): Promise<{ readonly asked: number; readonly differences: readonly string[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'phoenix-lab-objects-'));
  createLab(dir, { programs: false });
  for (const node of nodes) declareNode(dir, node);
  for (const [guest, text] of Object.entries(guests)) {
    mkdirSync(dirname(join(dir, 'etc/pve', guest)), { recursive: true });
    writeFileSync(join(dir, `etc/pve/${guest}.conf`), text);
  }
  const run = runnerHere(dir);
  const differences: string[] = [];
  let asked = 0;
  for (const row of rows) {
    differences.push(...fileDifferences(dir, row));
    if (!isOurs(row)) continue;
    asked += 1;
    differences.push(...answerDifferences(row, await run(row.argv ?? [])));
  }
  await rm(dir, { recursive: true, force: true });
  return { asked, differences };
}

/** Writes the file of a row that gives one, and compares the file of one that was recorded. */
function fileDifferences(dir: string, { file, given, content }: Row): string[] {
  const sections = FILES[file ?? ''];
  if (file === undefined || sections === undefined) return [];
  const path = join(dir, file);
  if (given === 'file') writeFileSync(path, content ?? '');
  if (given !== undefined) return [];
  const recorded = sections(content ?? '');
  return [...sections(existsSync(path) ? readFileSync(path, 'utf8') : '')].flatMap(([id, text]) =>
    recorded.has(id) && recorded.get(id) !== text ? [`${file} ${id}:\n${text}\nrecorded:\n${recorded.get(id)}`] : [],
  );
}

/** What differs between the lab's answer to a call and the recorded one. */
function answerDifferences({ argv = [], rc, stdout, stderr }: Row, here: RunHere): string[] {
  const differences: string[] = [];
  if (argv[1] === 'get' && rc === 0 && here.exit === 0) {
    const [ours, real] = [here.stdout, stdout ?? ''].map((json) =>
      inOrder(readable(json)).replaceAll(/BC:24:11(:[0-9A-F]{2}){3}/g, 'MAC'),
    );
    if (ours !== real) differences.push(`${argv.join(' ')}\n  ${ours}\n  recorded: ${real}`);
  }
  if ((here.exit === 0) !== (rc === 0) || comparableErrors(here.stderr) !== comparableErrors(stderr))
    differences.push(`${argv.join(' ')}\n  ${here.exit} ${here.stderr.trim()}\n  recorded: ${rc} ${stderr.trim()}`);
  return differences;
}

/** What a program wrote to standard error, without what depends on the machine or on earlier rows. */
function comparableErrors(text: string): string {
  const lines = text
    .replace(/^pvesh .*$/gm, '')
    .replace(/ - unable to parse calendar event.*$/gm, '')
    // Warnings about missing objects, repeated by every read.
    .replace(/^user config - ignore .*$/gm, '')
    .replace(/^Use of uninitialized value .*$/gm, '')
    .trim()
    .split('\n');
  // Parameters are reported in any order, and what is read twice is warned of twice.
  return [...new Set(lines)].sort().join('\n');
}

/** A JSON text without digests, with its lists in one order: Proxmox has them in any. */
function readable(json: string): unknown {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain).sort((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, each]) => (key === 'digest' ? [] : [[key, plain(each)]])),
    );
  };
  return json.trim() === '' ? null : plain(JSON.parse(json));
}

/** The same for two values that differ in the order of their keys. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, each) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort())
      : each,
  );
}

/** The text of each section by its id. */
function sectionsOf(text: string): Map<string, string> {
  return new Map(text.split('\n\n').map((section) => [/^\S+: \S+/.exec(section.trim())?.[0] ?? '', section.trim()]));
}

function withSortedWords(section: string): string {
  return section.replaceAll(
    /^\t(content|nodes) (.*)$/gm,
    (_, key, words) => `\t${key} ${words.split(',').sort().join(',')}`,
  );
}
