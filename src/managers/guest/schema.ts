// The schema of fields that containers and VMs share.

import { z } from 'zod';
import { becomes, becomesByRule, inContainers, inGuests, inMachines } from '../../config/schema/option.ts';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';
import { SHIPPED_FEATURES } from './shipped-features.ts';

const policy = z.enum(['ACCEPT', 'DROP', 'REJECT']);

/** The content is checked by a separate rule (BAD_RULE). */
const addresses = text.line(4096).min(1);
const ports = text.line(256).min(1);

/** Proxmox checks rules of all firewalls alike (PVE/Firewall.pm, verify_rule); its table is read for those of groups. */
const inGroups = { verb: 'pvesh create /cluster/firewall/groups/{group}' };
const ONE_PROTOCOL = 'must be one protocol, such as "tcp": write a rule for each of several';
const protocolExpected = (refused: string): string => `must be a protocol that Proxmox knows: ${refused}`;
const icmpTypeExpected = (refused: string): string => `must be a type of ICMP that Proxmox knows: ${refused}`;

/** One rule of a firewall, in Proxmox's terms. */
export const firewallRule = z.strictObject({
  type: z.enum(['in', 'out']).describe('Direction, seen from the guest or host.'),
  action: policy.describe('What happens to a packet that matches.'),
  source: addresses
    .optional()
    .describe('Addresses, networks or ranges it comes from, separated by commas. Default: any.'),
  dest: addresses.optional().describe('Addresses, networks or ranges it goes to, separated by commas. Default: any.'),
  proto: becomes([{ ...inGroups, option: 'proto' }], protocolExpected, text.wordOf(ONE_PROTOCOL))
    .optional()
    .describe('Protocol, by its name or number. Default: any. A port needs one that has ports.'),
  macro: text
    .name(/^[A-Za-z0-9-]+$/, 'must be the name of a macro of Proxmox')
    .optional()
    .describe('Protocols and ports by a name of Proxmox, for example `SSH` or `HTTPS`. Default: none.'),
  icmp_type: becomes([{ ...inGroups, option: 'icmp-type' }], icmpTypeExpected, text.word)
    .optional()
    .describe('Type of ICMP messages, for example `echo-request`, with proto icmp or icmpv6. Default: any.'),
  port: z
    .union([value.port, ports], 'must be a port, or ports and ranges such as "80,443" or "6000:6010"')
    .optional()
    .describe('Destination ports and ranges, for example `80,443` or `6000:6010`. Default: any.'),
  source_port: z
    .union([value.port, ports], 'must be a port, or ports and ranges such as "80,443" or "6000:6010"')
    .optional()
    .describe('Source ports and ranges. Default: any.'),
  iface: value.interfaceName.optional().describe('Interface the rule is for, for example `net0`. Default: every one.'),
  log: z
    .enum(['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug', 'nolog'])
    .optional()
    .describe('Level at which matches are logged. Default: not logged.'),
  enabled: z.boolean().default(true).describe('Whether the rule counts. Default: true.'),
  comment: text.line(1000).optional().describe('For readers; kept with the rule.'),
});

/** Name of a security group: a letter, then letters, digits, _ and -; in lower case, as Proxmox stores it (PVE/Firewall.pm). */
const groupName = text.name(
  /^[a-z][a-z0-9_-]{1,17}$/,
  'must be a name of 2 to 18 lower-case letters, digits, _ and -, and begin with a letter',
);

/** A rule of a security group: the guest that uses the group chooses the interface. */
export const groupRule = firewallRule.omit({ iface: true }).extend({
  type: z.enum(['in', 'out', 'forward']).describe('Direction, seen from the guest or host; forward: through it.'),
});

/** An entry that stands for all rules of a security group. */
const useOfGroup = z.strictObject({
  type: z.literal('group').describe('The rules of a security group of the datacenter.'),
  action: groupName.describe('Name of the group: one of firewall_groups in the file of the datacenter.'),
  iface: firewallRule.shape.iface,
  enabled: firewallRule.shape.enabled,
  comment: firewallRule.shape.comment,
});

/** A rule of a guest's firewall. */
export const guestRule = z.discriminatedUnion('type', [firewallRule, useOfGroup]);

/** A rule of the host, or of all nodes of the datacenter. */
export const hostRule = z.discriminatedUnion('type', [
  firewallRule.extend({
    type: z
      .enum(['in', 'out', 'forward'])
      .describe('Direction, seen from the host; forward: through it, which only the nftables firewall filters.'),
  }),
  useOfGroup,
]);

/** A rule of a vnet. Proxmox has no others there (PVE/Firewall.pm, verify_rule). */
export const vnetRule = z.discriminatedUnion('type', [
  firewallRule.omit({ iface: true }).extend({
    type: z.literal('forward').describe('Packets that pass through the vnet.'),
    action: z.enum(['ACCEPT', 'DROP']).describe('What happens to a packet that matches.'),
  }),
  useOfGroup.omit({ iface: true }),
]);

/** The firewall of one guest. */
export const guestFirewall = z.strictObject({
  enabled: becomes(inGuests('net0', 'firewall'), 'must be true or false', z.boolean())
    .default(true)
    .describe('Whether the rules filter anything. Default: true.'),
  policy_in: policy.default('DROP').describe('What happens to incoming packets that no rule names. Default: DROP.'),
  policy_out: policy
    .default('ACCEPT')
    .describe('What happens to outgoing packets that no rule names. Default: ACCEPT.'),
  rules: z.array(guestRule).default([]).describe('In the order in which they are tried. Default: none.'),
});

/** A name under which the proxy forwards requests to a guest. */
export const traefikService = z.strictObject({
  name: value.hostname.describe('First label of the name: `ollama` is reached as `ollama.<domain_name>`.'),
  port: value.port.describe('Port of the guest that answers.'),
  scheme: z
    .enum(['http', 'https'])
    .optional()
    .describe(
      'How the port is spoken to. Default: https for ports 443, 8443, 9000 of the CA and 9443 and for VMs, else http.',
    ),
});

/** A check that must succeed before a change counts as done. */
export const healthCheck = z.strictObject({
  command: z
    .union(
      [text.argument.min(1), z.array(text.argument).min(1)],
      'must be a command, as text or as a list of arguments',
    )
    .describe(
      'Run inside the guest; exit 0 is healthy. A path without a slash at its start names a script of the repository; anything else is a program of the guest. Split at spaces when written as text; no shell is involved.',
    ),
  retries: z.int().min(0).max(100).default(5).describe('Further tries after the first. Default: 5.'),
  interval: value.seconds.default(10).describe('Seconds between tries. Default: 10.'),
  timeout: z.int().min(1).max(3600).default(30).describe('Seconds for one try. Default: 30.'),
});

/** Name of a folder below `features/`. */
const featureName = text
  .name(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/, 'must be the name of a feature, such as docker')
  .meta({ suggests: [...SHIPPED_FEATURES] });

const EXPECT_POOL = 'must be the name of a pool: letters, digits and _ . -';
const EXPECT_TAG = 'must be a tag: letters, digits and _ + . -';

/** Fields of every guest. */
export const guestShape = {
  name: becomesByRule([...inContainers('hostname'), ...inMachines('name')], value.hostname).describe(
    'Hostname, also its name in Proxmox and in DNS.',
  ),
  description: becomes(inGuests('description'), 'must be shorter', text.prose)
    .optional()
    .describe('For readers; shown in the notes of the guest, beside what people wrote there. Default: none.'),
  comment: text.prose.optional().describe('For readers of this file only.'),
  protected: z
    .boolean()
    .default(false)
    .describe('Refuses destroying or rebuilding the guest, even with approval. Default: false.'),
  tags: z
    .array(becomes(inGuests('tags'), EXPECT_TAG, text.name(/^[a-zA-Z0-9_][a-zA-Z0-9_+.-]*$/, EXPECT_TAG)))
    .default([])
    .describe("Proxmox tags beside Phoenix's own; others that people gave it stay. Default: none."),
  pool: becomes(
    [{ verb: 'pvesh set /pools', option: 'poolid' }],
    (refused) => `${EXPECT_POOL}: ${refused}`,
    text.name(/^[A-Za-z][A-Za-z0-9_.-]{1,39}$/, EXPECT_POOL),
  )
    .optional()
    .describe(
      'Pool of Proxmox that the guest is in, declared in the file of the datacenter or there already. Default: as it is.',
    ),
  state: z
    .enum(['running', 'stopped', 'unmanaged'])
    .optional()
    .describe(
      'What Phoenix sees to. Default: `running` with start_at_boot, `stopped` for what is only cloned from, otherwise `unmanaged`: started once after creation and then left as it is.',
    ),
  is_template: z
    .boolean()
    .default(false)
    .describe('Turned into a template when complete; never started again. Default: false.'),
  dependencies: z.array(value.guestId).default([]).describe('Ids of guests that must be there first. Default: none.'),
  features: z
    .array(featureName)
    .default([])
    .describe(
      'Scripts installed in this order: `features/<name>/install.sh` of the repository, else the one that Phoenix ships. Default: none.',
    ),
  firewall: guestFirewall
    .optional()
    .describe('Its switch, policies and rules, whole. Default: as it is on the guest, with a warning.'),
  traefik_service: traefikService.optional().describe('Default: not reached through the proxy.'),
  health_check: healthCheck.optional().describe('Default: running is healthy.'),
  template_snapshot_name: value.snapshotName
    .optional()
    .describe('Snapshot taken when the guest is complete; clones start from it. Default: none.'),
  task_timeout_seconds: z
    .int()
    .min(30)
    .max(86_400)
    .optional()
    .describe(
      'Seconds that a task of Proxmox for the guest may take before it is given up: create, clone, start, stop, set, resize, snapshots. Half of it is for the guest to shut down by itself. Default: 3600 to create or clone, 900 to destroy or roll back, 600 for a snapshot, 300 to start, 240 to stop, else 120.',
    ),
  trigger_sync_on_completion: value.withoutEffect(
    'what lists guests is looked at again after every change of a guest.',
  ),
};
