// The program pvesh: API calls. Changes of guests are the verbs of pct and qm under their API paths; other calls (reads, storages, firewall, tasks)
// are handled here.

import { verbForMethod } from '../../../../src/proxmox/parameters/table.ts';
import { PVESH_WITH_SECRETS, secretArguments } from '../../../../src/proxmox/secret-arguments.ts';
import { staleAccess } from '../access/stale-lines.ts';
import type { Answer } from '../answer.ts';
import { type Call, newCall, type Verb, warn } from '../call.ts';
import { firewallCall } from '../firewall/api.ts';
import { clusterPlace, type FirewallPlace, guestPlace, hostPlace, runningVnets, vnetPlace } from '../firewall/files.ts';
import { networkCall } from '../network/api.ts';
import type { LabNode } from '../node.ts';
import { accessCall } from '../objects/access.ts';
import { acmeCall } from '../objects/acme.ts';
import { aptCall } from '../objects/apt.ts';
import { backupInfoCall } from '../objects/backup-info.ts';
import { cephPoolCall } from '../objects/ceph-pools.ts';
import { certificateCall } from '../objects/certificates.ts';
import { cpuModelCall } from '../objects/cpu-models.ts';
import { haCall } from '../objects/ha/ha.ts';
import { haStatusCall } from '../objects/ha/status.ts';
import { nodeSettingsCall } from '../objects/node-settings.ts';
import { notificationCall } from '../objects/notifications.ts';
import { optionsRead } from '../objects/option-reads.ts';
import { nodeOptionsCall, optionsCall } from '../objects/options.ts';
import { poolCall } from '../objects/pools.ts';
import { realmCall } from '../objects/realms.ts';
import { replicationCall } from '../objects/replication.ts';
import { sdnCall } from '../objects/sdn/sdn.ts';
import { sdnServiceCall } from '../objects/sdn/services.ts';
import { sectionCall } from '../objects/sections.ts';
import { typedCall } from '../objects/typed.ts';
import { type ApiCall, checkApiCall } from '../parameters/api-call.ts';
import { usageLine } from '../parameters/usage.ts';
import { PCT_VERBS } from '../pct/pct.ts';
import { QM_VERBS } from '../qm/qm.ts';
import { setMachine } from '../qm/set.ts';
import { Refusal, refuse } from '../refusal.ts';
import { addStorage, removeStorage, setStorage } from '../storage/config.ts';
import { downloadUrl, pullImage } from '../storage/download.ts';
import { pruneBackups } from '../storage/prune.ts';
import { scanCall } from '../storage/scan.ts';
import { allocateVolume, freeVolume } from '../storage/volume-calls.ts';
import { deleteSubscription } from '../subscription.ts';
import { printResult } from './print-result.ts';
import { apiRead } from './read.ts';

const GUEST_VERBS: Readonly<Record<string, Verb>> = { ...PCT_VERBS, ...QM_VERBS };
const FIREWALL_PATH =
  /^\/(?:cluster|nodes\/\{node\}(?:\/(lxc|qemu)\/\{vmid\})?|cluster\/sdn\/vnets\/\{vnet\})\/firewall(?=\/|$)/;
const COMMANDS = ['create', 'delete', 'get', 'help', 'ls', 'set', 'usage'];

/** Answers a call of `pvesh`. */
export function pvesh(node: LabNode, argv: readonly string[], stdin: () => Buffer = () => Buffer.alloc(0)): Answer {
  const words = argv.filter((word, index) => index > 0 || (word !== '--noproxy' && word !== '--nooutput'));
  const [written = '', ...rest] = words;
  const hits = COMMANDS.filter((name) => name.startsWith(written));
  const command = COMMANDS.includes(written) ? written : hits.length === 1 ? (hits[0] ?? '') : '';
  if (!['create', 'delete', 'get', 'set'].includes(command)) {
    if (command !== '') return { stdout: '', stderr: `the lab leaves out 'pvesh ${command}'\n`, rc: 255 };
    const error = written === '' ? 'no command specified' : `unknown command 'pvesh ${written}'`;
    const usage = ['create', 'delete', 'get', 'set'].map(
      (name) => `       pvesh ${name} <api_path> [OPTIONS] [FORMAT_OPTIONS]\n`,
    );
    return {
      stdout: '',
      stderr: `ERROR: ${error}\nUSAGE: pvesh <COMMAND> [ARGS] [OPTIONS]\n\n${usage.join('')}`,
      rc: 255,
    };
  }
  const checked = checkApiCall(command, rest);
  if ('stderr' in checked) return { stdout: '', ...checked };
  const call = newCall(node, stdin);
  for (const line of staleAccess(node)) warn(call, line);
  return carryOut(call, checked.call);
}

/** `perl`, for one script only: pvesh with secrets from standard input. */
export function perl(node: LabNode, argv: readonly string[], stdin: () => Buffer = () => Buffer.alloc(0)): Answer {
  const [flag, script, names = '', ...words] = argv;
  if (flag !== '-e' || script !== PVESH_WITH_SECRETS)
    return { stdout: '', stderr: 'the lab leaves out this script of Perl\n', rc: 255 };
  return pvesh(node, [...words, ...secretArguments(names, stdin().toString())]);
}

function carryOut(call: Call, { method, template, parameters, output, usage }: ApiCall): Answer {
  try {
    const data = apiAnswer(call, method, template, parameters);
    return { stdout: call.stdout + printResult(data, output), stderr: call.stderr, rc: 0 };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const stderr = `${call.stderr}${error.message}\n${error.parameters === undefined ? '' : usageLine(usage)}`;
    // A failed task is not a failure of the call that started it.
    const started = call.upids.at(-1);
    if (started !== undefined) return { stdout: call.stdout + printResult(started, output), stderr, rc: 0 };
    return { stdout: call.stdout, stderr, rc: 255 };
  }
}

/** What an API method returns: the id of the task it started, data, or nothing. */
export function apiAnswer(call: Call, method: string, template: string, parameters: ApiCall['parameters']): unknown {
  if (template.startsWith('/nodes/{node}')) checkNode(call.node, parameters['node']);
  for (const answers of OBJECTS) {
    const object = answers(call, method, template, parameters);
    if (object !== undefined) return object.data;
  }
  const place = firewallPlace(template, parameters);
  if (place !== undefined) return firewallAnswer(call, place, method, parameters);
  if (method === 'GET') return apiRead(call, template, parameters);
  return runChange(call, `${method} ${template}`, parameters);
}

/** Only this node answers for itself. */
function checkNode(node: LabNode, named: unknown): void {
  if (named !== undefined && named !== node.name && named !== 'localhost')
    refuse(
      `hostname lookup '${named}' failed - failed to get address info for: ${named}: Temporary failure in name resolution`,
    );
}

interface FirewallAt {
  readonly place: FirewallPlace;
  /** The path below that of the firewall. */
  readonly below: string;
}

/** The firewall that a path leads to; undefined for any other path. */
function firewallPlace(template: string, parameters: ApiCall['parameters']): FirewallAt | undefined {
  const [prefix, kind] = FIREWALL_PATH.exec(template) ?? [];
  if (prefix === undefined) return undefined;
  const below = template.slice(prefix.length);
  if (kind === 'lxc' || kind === 'qemu') return { place: guestPlace(kind, String(parameters['vmid'])), below };
  if (prefix.startsWith('/nodes/')) return { place: hostPlace, below };
  return { place: prefix === '/cluster/firewall' ? clusterPlace : vnetPlace(String(parameters['vnet'])), below };
}

function firewallAnswer(
  call: Call,
  { place, below }: FirewallAt,
  method: string,
  parameters: ApiCall['parameters'],
): unknown {
  if (place.environment === 'vnet') {
    if (below === '') return [{ name: 'rules' }, { name: 'options' }];
    if (!runningVnets(call.node.dir).includes(String(parameters['vnet'])))
      refuse('invalid vnet specified at /usr/share/perl5/PVE/API2/Firewall/Helpers.pm line 55.');
  }
  const request = { method, template: below, parameters };
  return firewallCall(call.node.dir, place, request, (warning) => warn(call, warning));
}

function runChange(call: Call, change: string, parameters: ApiCall['parameters']): unknown {
  const verb = verbForMethod(change);
  const run = verb === undefined ? OTHER_CHANGES[change] : GUEST_VERBS[verb];
  if (run === undefined) return refuse(`the lab does not carry out ${change}`);
  const { node: _, ...others } = parameters;
  const result = run(call, others);
  return call.upids.at(-1) ?? (typeof result === 'number' ? null : result) ?? null;
}

/** Handlers of the datacenter's objects: the first that knows the path handles the call. */
const OBJECTS = [
  poolCall,
  accessCall,
  realmCall,
  sdnCall,
  sdnServiceCall,
  sectionCall,
  typedCall,
  optionsCall,
  haStatusCall,
  backupInfoCall,
  haCall,
  replicationCall,
  notificationCall,
  optionsRead,
  scanCall,
  nodeOptionsCall,
  nodeSettingsCall,
  certificateCall,
  networkCall,
  cpuModelCall,
  acmeCall,
  aptCall,
  cephPoolCall,
];

type Change = (call: Call, parameters: ApiCall['parameters']) => unknown;

const OTHER_CHANGES: Readonly<Record<string, Change>> = {
  'POST /storage': addStorage,
  'PUT /storage/{storage}': setStorage,
  'DELETE /storage/{storage}': ({ node }, { storage }) => removeStorage(node, String(storage)),
  'POST /nodes/{node}/storage/{storage}/content': allocateVolume,
  'POST /nodes/{node}/storage/{storage}/download-url': downloadUrl,
  'POST /nodes/{node}/storage/{storage}/oci-registry-pull': pullImage,
  'DELETE /nodes/{node}/storage/{storage}/content/{volume}': freeVolume,
  'DELETE /nodes/{node}/storage/{storage}/prunebackups': pruneBackups,
  'POST /nodes/{node}/subscription': () => null,
  'PUT /nodes/{node}/subscription': () => refuse('the lab asks no server for a subscription'),
  'DELETE /nodes/{node}/subscription': ({ node }) => deleteSubscription(node),
  'POST /nodes/{node}/qemu/{vmid}/config': (call, parameters) => setMachine(call, parameters, true),
};
