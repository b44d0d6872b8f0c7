// The environment of the demo: a forge, a lab host and an agent on this machine, in a temporary folder.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { type Age, ageCertificate, type LabNetwork, labNetwork, PROXMOX_PROGRAMS } from 'phoenix-lab/host';
import type { RunJson } from '../../agent/http/run-json.ts';
import { openLog } from '../../io/log.ts';
import { openRedactor } from '../../io/redact.ts';
import { load } from '../../load/load.ts';
import type { Run } from '../../model/run.ts';
import { PRODUCT } from '../../product.ts';
import { DEFAULT_BOUNDS } from '../../settings/secret-bounds.ts';
import { readSettings } from '../../settings.ts';
import { type Client, clientOf } from '../agent/client.ts';
import { compose } from '../compose.ts';
import type { Io } from '../io.ts';
import { freePort } from '../rehearse/free-port.ts';
import { supplyLab } from '../rehearse/supply-lab.ts';
import { supplySecrets } from '../rehearse/supply-secrets.ts';
import { folderSource } from '../source.ts';
import { openPerson, type Person } from './person.ts';

const CONFIGURATION = [
  'etc/phoenix_hypervisor_config.json',
  'etc/phoenix_lxc_configs.json',
  'etc/phoenix_vm_configs.json',
  'etc/certificate-manifest.json',
  'etc/schemas',
  'stacks',
];
/** The password of the demo's forge, simple to type: it is only reachable from this machine. */
const FORGE_TOKEN = 'demo';
const LOOK_AGAIN_MS = 50;
/** How the commands begin that read the whole node. */
const READS_NODE = [
  ['pvesh', 'get', '/cluster/resources'],
  ['pve-firewall', 'compile'],
] as const;
/** Interval of certificate checks; otherwise five minutes. */
const RENEW_SECONDS = 2;
/** Time limit of every wait. */
const PATIENCE_MS = 120_000;

interface Served {
  readonly fingerprint: string;
  readonly notAfter: Date;
}

/** Addresses of the demo's services. */
export interface Addresses {
  readonly forge: string;
  readonly agent: string;
  /** The folder of the lab host. */
  readonly lab: string;
}

export interface DemoSetup {
  readonly person: Person;
  readonly forge: LabForge;
  readonly client: Client;
  /** URL of the agent. */
  readonly url: string;
  readonly adminToken: string;
  /** The folder of the lab host. */
  readonly lab: string;
  /** Waits until no report waits to be sent, and no status of the commit is pending. */
  answered(commit: string): Promise<void>;
  /** Waits until the commit's newest run has ended and is fully reported. */
  settled(commit: string, onRun?: (run: RunJson) => void): Promise<RunJson>;
  /**
   * Waits for a condition at the forge. @param what description of the condition
   */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Ids of the newest runs. */
  runs(): Promise<ReadonlySet<string>>;
  /** Waits for a new planned run that matches `is`. */
  newRun(known: ReadonlySet<string>, is: (run: RunJson) => boolean): Promise<RunJson>;
  /** Runs a program of the lab host like a logged-in user. */
  call(program: string, args: readonly string[]): void;
  /** Ages a certificate on the lab host. */
  age(path: string, age: Age): void;
  /** The certificate that the gateway serves for a name. */
  served(name: string): Promise<Served>;
  /**
   * Commands of Proxmox on the lab host since the last call, without those that read the whole node: an open page of the agent runs them too, so
   * they say nothing of a run.
   */
  commands(): Promise<readonly (readonly string[])[]>;
  close(): Promise<void>;
}

/** @param announce called with the addresses before the setup starts */
export async function startDemo(io: Io, announce: (addresses: Addresses) => void): Promise<DemoSetup> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-demo-'));
  const lab = join(folder, 'data/lab');
  // A program of the lab may still write while it ends.
  const closing: (() => Promise<unknown>)[] = [
    () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  ];
  const close = async () => {
    for (const each of closing.splice(0).reverse()) await each();
  };
  try {
    const webhookSecret = randomBytes(24).toString('hex');
    const adminToken = randomBytes(24).toString('hex');
    const forge = await startForge({
      folder: join(folder, 'forge'),
      secret: webhookSecret,
      token: FORGE_TOKEN,
      pages: true,
    });
    closing.push(() => forge.close());
    const url = `http://127.0.0.1:${await freePort()}`;
    announce({ forge: forge.url, agent: url, lab });
    const person = await openPerson(join(folder, 'environment'), forge.pushUrl);
    forge.allow(person.login, 'maintain');
    await person.bring(PRODUCT, CONFIGURATION);
    await supply(lab, person.folder);
    const phoenix = await startAgent(io, {
      PHOENIX_REPO_URL: forge.repositoryUrl,
      PHOENIX_FORGE: 'github',
      PHOENIX_FORGE_API: forge.url,
      PHOENIX_FORGE_TOKEN: FORGE_TOKEN,
      PHOENIX_WEBHOOK_SECRET: webhookSecret,
      PHOENIX_ADMIN_TOKEN: adminToken,
      PHOENIX_LISTEN: new URL(url).host,
      PHOENIX_PUBLIC_URL: url,
      PHOENIX_DATA_DIR: join(folder, 'data'),
      PHOENIX_HOST: 'lab',
    });
    closing.push(() => phoenix.stop(5));
    forge.sendWebhooksTo(`${url}/webhooks`);
    const network = labNetwork(lab);
    closing.push(() => network.close());

    const client = clientOf({ ...io, env: { PHOENIX_URL: url, PHOENIX_ADMIN_TOKEN: adminToken } });
    return {
      person,
      forge,
      client,
      url,
      adminToken,
      lab,
      ...waitsOf(forge, client, { url, adminToken }),
      call: (program, args) => void execFileSync(join(lab, 'bin', program), args, { stdio: 'ignore' }),
      age: (path, age) => ageCertificate(lab, path, age),
      served: (name) => served(network, name),
      commands: commandsOf(lab),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Puts on the lab host what the configuration in a folder presupposes, templates and secrets. */
async function supply(lab: string, folder: string): Promise<void> {
  const { config } = load(await folderSource(folder, undefined), { strictSecrets: false, secrets: DEFAULT_BOUNDS });
  if (config === null) throw new Error('the reference configuration has errors: see `phoenix validate`');
  supplyLab(lab, config);
  supplySecrets(lab, config);
}

/** Starts all parts of an agent in this process. */
async function startAgent({ stderr }: Io, environment: Readonly<Record<string, string>>) {
  const { settings, problems } = readSettings(environment, () => '', { receiving: true });
  if (settings === null) throw new Error(problems.map(({ message }) => message).join('; '));
  const redactor = openRedactor();
  return compose(settings, {
    roles: ['receive', 'reconcile', 'apply', 'report', 'web'],
    node: null,
    environment,
    log: openLog({ level: 'error', redactor, pretty: true, destination: { write: stderr } }),
    redactor,
    renewSeconds: RENEW_SECONDS,
    labPrograms: 'here',
  });
}

type Waits = Pick<DemoSetup, 'answered' | 'settled' | 'until' | 'runs' | 'newRun'>;

/** What the demo waits for at the forge and at the agent. */
function waitsOf(forge: LabForge, client: Client, agent: Pick<DemoSetup, 'url' | 'adminToken'>): Waits {
  const newest = <Each extends Run>() => client.get<Each[]>('/runs?limit=20');
  // The status of the whole commit is sent before those of its targets, of which the forge may know nothing yet.
  async function isAllSent(): Promise<boolean> {
    const metrics = await fetch(`${agent.url}/metrics`, { headers: { authorization: `Bearer ${agent.adminToken}` } });
    return /^phoenix_outbox_reports(\{.*\})? 0$/m.test(await metrics.text());
  }
  async function answered(commit: string): Promise<void> {
    await eventually(`an answer on ${commit}`, async () => {
      if (!(await isAllSent())) return undefined;
      const statuses = forge.latestStatuses(commit);
      const isApplied = statuses.some(({ context }) => context === 'phoenix/apply');
      // Its run may have ended while the timer already tries a certificate again.
      return isApplied && statuses.every(({ state }) => state !== 'pending') ? true : undefined;
    });
  }
  return {
    answered,
    async settled(commit, onRun) {
      const runOfCommit = async () => (await newest()).find((run) => run.commit === commit);
      const { id } = await eventually(`a run for ${commit}`, runOfCommit);
      const run = await client.follow(id, onRun === undefined ? {} : { onRun });
      await answered(commit);
      return run;
    },
    until: async (what, holds) => void (await eventually(what, async () => (holds() ? true : undefined))),
    runs: async () => new Set((await newest()).map(({ id }) => id)),
    newRun: (known, is) =>
      eventually('a run of the timer', async () =>
        (await newest<RunJson>()).find((run) => !known.has(run.id) && is(run)),
      ),
  };
}

/** Connects through the lab's network, using the lab's DNS. */
async function served(network: LabNetwork, name: string): Promise<Served> {
  const socket = connect({ socket: await network.dial(name, 443), servername: name, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (certificate === undefined) throw new Error(`${name} shows no certificate`);
  return { fingerprint: certificate.fingerprint256, notAfter: new Date(certificate.validTo) };
}

/** Incrementally reads the lab's command log. */
function commandsOf(lab: string): DemoSetup['commands'] {
  let seen = 0;
  return async () => {
    const text = await readFile(join(lab, 'calls.jsonl'), 'utf8').catch(() => '');
    // The last line may be incomplete.
    const lines = text.split('\n').slice(0, -1);
    const fresh = lines.slice(seen);
    seen = lines.length;
    return fresh
      .map((line) => (JSON.parse(line) as { argv: string[] }).argv)
      .filter((argv) => (argv[0] ?? '') in PROXMOX_PROGRAMS && !readsNode(argv));
  };
}

function readsNode(argv: readonly string[]): boolean {
  return READS_NODE.some((begin) => argv.slice(0, begin.length).join(' ') === begin.join(' '));
}

async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_AGAIN_MS) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(LOOK_AGAIN_MS);
  }
  throw new Error(`waited ${PATIENCE_MS / 1000} s for ${what}`);
}
