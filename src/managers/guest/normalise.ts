// Normalises the fields that containers and VMs share.

import type { z } from 'zod';
import { type FilesByPath, fileAt } from '../../config/files.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import { splitList } from '../../config/schema/addresses.ts';
import type {
  FirewallRule,
  FurtherInterface,
  GuestBase,
  GuestFirewall,
  GuestInterface,
  HealthCheck,
  TraefikService,
} from './declared.ts';
import type { GuestContext } from './entry.ts';
import { normaliseOptions } from './options/option.ts';
import type {
  firewallRule,
  groupRule,
  guestFirewall,
  guestRule,
  guestShape,
  healthCheck,
  hostRule,
  traefikService,
  vnetRule,
} from './schema.ts';
import { featureScript, ORIGINAL_FOLDER, scriptPath } from './script-files.ts';
import type { SharedSettings } from './settings/values.ts';

type WrittenGuest = z.output<z.ZodObject<typeof guestShape>> & { readonly networks: readonly WrittenInterface[] };

/** An interface as written, of either kind of guest. */
interface WrittenInterface {
  readonly index?: number | undefined;
  readonly name?: string | undefined;
  readonly bridge?: string | undefined;
  readonly ip?: string | undefined;
  readonly gw?: string | undefined;
  readonly ip6?: string | undefined;
  readonly gw6?: string | undefined;
  readonly mac_address?: string | undefined;
  readonly vlan?: number | undefined;
  readonly trunks?: readonly (number | string)[] | undefined;
  readonly rate?: number | undefined;
  readonly mtu?: number | undefined;
  readonly firewall?: boolean | undefined;
  readonly link_down?: boolean | undefined;
  readonly model?: string | undefined;
  readonly queues?: number | undefined;
}

/** The lower end of a range. */
function firstOf(vlans: number | string): number {
  return typeof vlans === 'number' ? vlans : Number(vlans.split('-')[0]);
}

export function interfaceOf(written: WrittenInterface): GuestInterface {
  return {
    name: written.name ?? null,
    bridge: written.bridge ?? null,
    ip: written.ip ?? null,
    gateway: written.gw ?? null,
    ip6: written.ip6 ?? null,
    gateway6: written.gw6 ?? null,
    mac: written.mac_address?.toUpperCase() ?? null,
    vlan: written.vlan ?? null,
    trunks: [...new Set(written.trunks)].sort((a, b) => firstOf(a) - firstOf(b)),
    rate: written.rate ?? null,
    mtu: written.mtu ?? null,
    filtered: written.firewall ?? null,
    linkDown: written.link_down ?? null,
    model: written.model ?? null,
    queues: written.queues ?? null,
  };
}

/** In file order, which the rules rely on. */
function furtherInterfaces(written: readonly WrittenInterface[]): FurtherInterface[] {
  return written.map((one, at) => ({ ...interfaceOf(one), index: one.index ?? at + 1 }));
}

/** The part that does not depend on the kind of guest. */
export function guestBase(
  written: WrittenGuest & { readonly options?: Readonly<Record<string, unknown>> | undefined },
  settings: SharedSettings,
  { id, at, files }: GuestContext,
  special: {
    readonly cloneFrom: number | null;
    readonly isSource: boolean;
  },
): GuestBase {
  return {
    id,
    name: written.name,
    writtenAt: at,
    protected: written.protected,
    tags: sortedSet(written.tags.map((tag) => tag.toLowerCase())),
    pool: written.pool ?? null,
    taskTimeoutSeconds: written.task_timeout_seconds ?? null,
    description: written.description ?? null,
    ...settings,
    startState:
      written.state ?? defaultState(!written.is_template && settings.start_at_boot === true, special.isSource),
    cloneFrom: special.cloneFrom,
    isTemplate: written.is_template,
    templateSnapshot: written.template_snapshot_name ?? null,
    dependencies: [...new Set(written.dependencies.map(Number))],
    features: [...new Set(written.features)].map((name) => featureScript(files, name)),
    firewall: written.firewall === undefined ? null : normaliseFirewall(written.firewall, placeIn(at, 'firewall')),
    traefikService: null,
    healthCheck: written.health_check === undefined ? null : normaliseHealth(written.health_check, files),
    options: normaliseOptions(written.options),
    networks: furtherInterfaces(written.networks),
  };
}

function defaultState(startAtBoot: boolean, isSource: boolean): GuestBase['startState'] {
  if (startAtBoot) return 'running';
  return isSource ? 'stopped' : 'unmanaged';
}

/** Ports on which services use TLS unless declared otherwise. */
const TLS_PORTS: ReadonlySet<number> = new Set([443, 8443, 9443]);

/** A VM is contacted by TLS; a container only at ports that are known for TLS. */
export function normaliseService(
  written: z.output<typeof traefikService> | undefined,
  alwaysTls: boolean,
): TraefikService | null {
  if (written === undefined) return null;
  const { name, port, scheme } = written;
  return { name, port, scheme: scheme ?? (alwaysTls || TLS_PORTS.has(port) ? 'https' : 'http') };
}

export function normaliseFirewall(written: z.output<typeof guestFirewall>, at: Place): GuestFirewall {
  return {
    enabled: written.enabled,
    policyIn: written.policy_in,
    policyOut: written.policy_out,
    rules: normaliseRules(written.rules, placeIn(at, 'rules')),
  };
}

/** Rules of any firewall, or of a security group. */
type WrittenRule = z.output<
  typeof firewallRule | typeof guestRule | typeof groupRule | typeof hostRule | typeof vnetRule
>;

export function normaliseRules(written: readonly WrittenRule[], at: Place): FirewallRule[] {
  return written.map((rule, index) => ({ ...normaliseRule(rule), writtenAt: placeIn(at, index) }));
}

function normaliseRule(rule: WrittenRule): Omit<FirewallRule, 'writtenAt'> {
  const { type, action, enabled, comment = null } = rule;
  const common = { type, action, enabled, comment, iface: 'iface' in rule ? (rule.iface ?? null) : null };
  if (rule.type === 'group') {
    return { ...common, source: null, dest: null, proto: null, port: null, sourcePort: null, log: null };
  }
  const { macro, icmp_type: icmpType } = rule;
  return {
    ...common,
    source: commaList(rule.source),
    dest: commaList(rule.dest),
    // Perl takes `0` for no protocol, so Proxmox never writes it (PVE/Firewall.pm).
    proto: rule.proto === '0' ? null : (rule.proto ?? null),
    port: commaList(rule.port),
    sourcePort: commaList(rule.source_port),
    log: rule.log ?? null,
    ...(macro === undefined ? {} : { macro }),
    ...(icmpType === undefined ? {} : { icmpType }),
  };
}

function normaliseHealth(written: z.output<typeof healthCheck>, files: FilesByPath): HealthCheck {
  const words = typeof written.command === 'string' ? splitWords(written.command) : written.command;
  const [program = '', ...rest] = words;
  const own = program.startsWith(ORIGINAL_FOLDER) ? program.slice(ORIGINAL_FOLDER.length) : program;
  const isScript = !own.startsWith('/') && (own !== program || own.includes('/') || /\.(sh|py)$/.test(own));
  return {
    script: isScript ? fileAt(files, scriptPath(own)) : null,
    argv: isScript ? rest : words,
    retries: written.retries,
    intervalSeconds: written.interval,
    timeoutSeconds: written.timeout,
  };
}

function splitWords(command: string): string[] {
  return command.split(/\s+/).filter((part) => part !== '');
}

function commaList(written: string | number | undefined): string | null {
  if (written === undefined) return null;
  return splitList(String(written)).join(',');
}

export function addressList(written: string | readonly string[] | undefined): string[] {
  if (written === undefined) return [];
  return typeof written === 'string' ? splitList(written) : [...written];
}

/** Proxmox separates several domains by spaces. */
export function domainList(written: string | undefined): string | null {
  return splitList(written ?? '').join(' ') || null;
}

export function sortedSet(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** A folder in the canonical form for comparison. */
export function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}
