// etc/phoenix_datacenter_config.json: what may be declared of each object, from Proxmox's own parameters.

import { z } from 'zod';
import { becomes } from '../../config/schema/option.ts';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { privileges } from '../../proxmox/access.ts';
import { textProblem } from '../../proxmox/schema.ts';
import { methodSchemas, propertiesOf, type Schema } from '../../proxmox/table.ts';
import { isList, markOf, type ObjectRow, optionsOf } from './row.ts';
import { ROWS } from './rows.ts';
import { textsOf } from './values.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{1,39}$/;
const EXPECT_NAME = 'must be a name of 2 to 40 letters, digits and _ . -, and begin with a letter';
/** Proxmox takes 512 signs at least; behind it stands whose the object is. */
const MOST_COMMENT = 200;
const MOST_TEXT = 1024;

/** The name of an object below its field. */
function nameSchema(row: ObjectRow) {
  const { pattern = NAME, expected = EXPECT_NAME } = row.nameFormat ?? {};
  const named = text.name(pattern, expected);
  if (row.id === null) return named;
  const places = [{ verb: `pvesh create ${row.paths.create}`, option: row.id }];
  return becomes(
    places,
    (refused) =>
      row.reserved === undefined
        ? (row.nameFormat?.expected ?? 'must be a name that Proxmox takes: letters, digits, _ and -')
        : `must be a name that Proxmox takes: ${refused}`,
    named,
  );
}

/** Whether the file takes an object of this name. */
export function isName(row: ObjectRow, name: string): boolean {
  return row.single === name || nameSchema(row).safeParse(name).success;
}

const secretName = text.name(/^[A-Za-z_][A-Za-z0-9_-]{0,31}$/, 'must be a name of letters, digits, _ and -');

function objectSchema(row: ObjectRow) {
  const fields = [...optionsOf(row)].map(([option, schema]): [string, z.ZodType] => {
    const types = option === 'type' && row.types !== undefined ? Object.keys(row.types) : null;
    if (types !== null) return [option, z.enum(types as [string, ...string[]]).describe(`${purposeOf(row, option)}.`)];
    const isProse = row.prose?.includes(option) === true;
    const field =
      option === markOf(row) ? text.line(MOST_COMMENT) : isProse ? text.prose : checked(row, option, schema);
    const described = field.describe(`${purposeOf(row, option)}.`);
    return [option, row.required.includes(option) ? described : described.optional()];
  });
  const secrets = Object.entries(row.secrets ?? {}).map(([option, { describes, multiple }]): [string, z.ZodType] => {
    const one = value.secretReference.describe(`${describes}.`).meta({ secret: true });
    return [
      option,
      (multiple === true ? z.record(secretName, one).describe(`${describes}, by name.`) : one).optional(),
    ];
  });
  const part: [string, z.ZodType][] =
    row.part === undefined ? [] : [[row.part.field, row.part.schema.describe(row.part.describes).optional()]];
  return z
    .strictObject(Object.fromEntries([...fields, ...part, ...secrets]))
    .superRefine((object, { addIssue }) => {
      for (const { option, message } of faultsOf(row, object as JsonObject)) {
        addIssue({ code: 'custom', path: option === null ? [] : [option], message });
      }
    })
    .meta(inEditors(row));
}

/** What only shows beside other options, in the words of JSON Schema. */
function inEditors(row: ObjectRow): Record<string, unknown> {
  const is = (option: string, value: unknown, description: string) => ({
    required: [option],
    properties: { [option]: { const: value, description } },
  });
  const byType = Object.entries(row.types ?? {}).map(([type, { required, optional }]) => ({
    if: is('type', type, `A ${row.label} of type ${type}.`),
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: {
      required,
      propertyNames: { enum: ['type', ...required, ...optional, ...Object.keys(row.secrets ?? {})] },
    },
  }));
  const choices = row.oneOf.map((option) =>
    optionsOf(row).get(option)?.type === 'boolean' ? is(option, true, 'Chosen.') : { required: [option] },
  );
  return {
    ...(byType.length === 0 ? {} : { allOf: byType }),
    ...(choices.length === 0 ? {} : { oneOf: choices }),
  };
}

/** A value that no call of Proxmox refuses, in Proxmox's words where one does. */
function checked(row: ObjectRow, option: string, schema: Schema): z.ZodType {
  if (schema.type === 'array') return z.array(entry(option, schema.items ?? { type: 'string' })).min(1);
  const places = [{ verb: verbOf(row, option), option, write: (given: never) => textsOf(schema, given as Json) }];
  return becomes(places, (refused) => `must be what Proxmox takes for ${option}: ${refused}`, shapeOf(schema));
}

/** One of the values of an option that is given several times. */
function entry(option: string, items: Schema): z.ZodType {
  return shapeOf(items).superRefine((value, { addIssue }) => {
    const [written = ''] = textsOf(items, value as Json);
    const problem = textProblem(written, items, option);
    if (problem === undefined) return;
    addIssue({ code: 'custom', message: `must be what Proxmox takes for ${option}: ${problem.trimEnd()}` });
  });
}

/** The call that has an option; what is fixed only stands in that which makes the object. */
function verbOf({ paths, rename }: ObjectRow, option: string): string {
  const isChanged = rename === undefined && methodSchemas(`PUT ${paths.change}`)?.has(option) === true;
  return isChanged ? `pvesh set ${paths.change}` : `pvesh create ${paths.create}`;
}

function shapeOf(schema: Schema): z.ZodType {
  const { type, minimum, maximum, format, items } = schema;
  if (schema.enum !== undefined) return z.enum(schema.enum as [string, ...string[]]);
  if (type === 'boolean') return z.boolean();
  if (type === 'integer' || type === 'number') {
    const [least, most] = [minimum ?? Number.MIN_SAFE_INTEGER, maximum ?? Number.MAX_SAFE_INTEGER];
    return type === 'integer' ? z.int().min(least).max(most) : z.number().multipleOf(0.01).min(least).max(most);
  }
  if (type === 'array') return z.array(shapeOf(items ?? { type: 'string' })).min(1);
  if (isList(schema)) return z.array(wordShape(format ?? '')).min(1);
  const properties = format === undefined ? undefined : propertiesOf(format);
  if (properties === undefined) return text.line(schema.maxLength ?? MOST_TEXT).min(1);
  const keys = Object.entries(properties).filter(([, one]) => one.alias === undefined);
  return z.strictObject(
    Object.fromEntries(
      keys.map(([key, one]) => [key, shapeOf(one).describe(`Property ${key} of this option of Proxmox.`).optional()]),
    ),
  );
}

/** One word of a list. */
function wordShape(format: string): z.ZodType {
  if (format === 'pve-vmid-list') return value.guestId;
  return format === 'pve-priv-list' ? z.enum(privileges as [string, ...string[]]) : text.word;
}

interface Fault {
  readonly option: string | null;
  readonly message: string;
}

/** What only shows beside other options of the same object. */
function faultsOf(row: ObjectRow, object: JsonObject): Fault[] {
  const given = (option: string): boolean => object[option] !== undefined && object[option] !== false;
  const chosen = row.oneOf.filter(given);
  const choice = row.oneOf.join(', ');
  return [
    ...(row.oneOf.length > 0 && chosen.length === 0 ? [{ option: null, message: `must have one of ${choice}` }] : []),
    ...chosen.slice(1).map((option) => ({ option, message: `must not stand beside ${chosen[0]}: one of ${choice}` })),
    ...(given('exclude') && given('vmid')
      ? [{ option: 'exclude', message: 'must not stand beside vmid, which names the guests already' }]
      : []),
    ...[...optionsOf(row)].flatMap(([option, { requires }]) =>
      requires !== undefined && given(option) && !given(requires)
        ? [{ option, message: `must not stand without ${requires}` }]
        : [],
    ),
    ...typeFaults(row, object),
  ];
}

/** Options that objects of another type have, and those that one of this type must have. */
function typeFaults(row: ObjectRow, object: JsonObject): Fault[] {
  const type = String(object['type']);
  const { required, optional } = row.types?.[type] ?? {};
  if (required === undefined || optional === undefined) return [];
  const own = ['type', ...required, ...optional, ...Object.keys(row.secrets ?? {})];
  return [
    ...required.flatMap((option) =>
      object[option] === undefined
        ? [{ option: null, message: `must have ${option}, as every ${row.label} of type ${type}` }]
        : [],
    ),
    ...Object.keys(object).flatMap((option) =>
      own.includes(option) ? [] : [{ option, message: `must not stand at a ${row.label} of type ${type}` }],
    ),
  ];
}

/** What an option means that most objects have, or only those of one kind; the others are told in Proxmox's manual. */
function purposeOf({ kind }: ObjectRow, option: string): string {
  return PURPOSES[`${kind}.${option}`] ?? PURPOSES[option] ?? `Proxmox's option ${option}`;
}

/** What the options mean that most objects have; the others are told in Proxmox's manual. */
const PURPOSES: Readonly<Record<string, string>> = {
  all: 'Every guest of the datacenter, but for those in exclude',
  cidr: 'An address, or a network such as 10.0.0.0/24',
  comment: 'For people. Whose the object is stands behind it',
  'acl.groups': 'Groups that have the roles',
  'acl.path': 'What the roles are given on: "/", "/pool/prod", "/vms/101", "/storage/local"',
  'acl.propagate': 'Whether they hold for what lies below the path too. Default: as Proxmox has it, true',
  'acl.roles': 'Names of roles, built in or declared',
  'acl.tokens': 'Tokens that have the roles: "ada@pve!backup"',
  'acl.users': 'Users that have the roles: "ada@pve"',
  'realm.default': 'Whether it is the one that the login page offers first',
  'realm.type': 'What is asked: ad, ldap or openid. It cannot be changed',
  'ha.failback':
    'Whether it goes back to a node that its rules prefer, once that is there again. Default: as Proxmox has it, true',
  'ha.max_relocate': 'How often it is tried on another node when it does not start. Default: as Proxmox has it, 1',
  'ha.max_restart': 'How often it is started again on a node before another is tried. Default: as Proxmox has it, 1',
  'ha.state':
    'What HA sees to: started, stopped, disabled (stopped, and not moved), ignored. Default: as Proxmox has it, started',
  'harule.affinity': 'Whether its resources run on one node (positive), or each on another (negative)',
  'harule.disable': 'Whether it is out of force',
  'harule.nodes': 'Nodes that its resources run on, each with a priority where it matters: "pve:2"',
  'harule.resources': 'Resources of HA that it is about: "ct:101", "vm:201"',
  'harule.strict': 'Whether they run on no other node. Default: as Proxmox has it, false',
  'harule.type':
    'What it says: node-affinity, on which nodes; resource-affinity, together or apart. It cannot be changed',
  'firewall.ebtables': 'Whether rules for Ethernet are kept too. Default: as Proxmox has it, true',
  'firewall.log_ratelimit': 'How much is logged at most',
  'firewall.policy_forward':
    'What happens to packets that pass through and that no rule names. Default: as Proxmox has it, ACCEPT',
  'node.acme': "The account, and names of the node's own certificate",
  'node.ballooning-target':
    'Share of the memory, in percent, that ballooning keeps in use. Default: as Proxmox has it, 80',
  'node.startall-onboot-delay': 'Seconds before the first guest is started at boot. Default: as Proxmox has it, 0',
  'node.wakeonlan': 'How the node is woken over the network',
  'realmsync.enable-new': 'Whether users that come in may log in. Default: as Proxmox has it, true',
  'realmsync.realm': 'The realm, of type ad or ldap. It cannot be changed',
  'realmsync.remove-vanished':
    'What goes of users and groups that are gone there: acl, entry, properties, by semicolons',
  'realmsync.scope': 'What comes in: users, groups, both',
  'acmeaccount.contact': 'Addresses that the authority writes to',
  'acmeaccount.directory':
    "Where the authority is reached. It cannot be changed. Default: as Proxmox has it, that of Let's Encrypt",
  'acmeaccount.tos_url':
    'Address of the terms of service of the authority: whoever declares it agrees to them. It cannot be changed. Default: nothing is agreed to',
  'acmeplugin.api': 'The DNS provider whose API it calls, by its name in Proxmox: cf, hetzner, ovh',
  'acmeplugin.disable': 'Whether it is out of use',
  'acmeplugin.nodes': 'Nodes that use it. Default: all',
  'acmeplugin.type':
    'dns: a record of the provider; standalone: an answer of the node on port 80. It cannot be changed',
  'acmeplugin.validation-delay':
    'Seconds that a record is given to spread before the authority looks. Default: as Proxmox has it, 30',
  'cpu.flags': 'Flags that it has or lacks: "+aes;-pcid"',
  'cpu.guest-phys-bits': 'Bits of a physical address that the guest may use',
  'cpu.hidden': 'Whether it keeps from the guest that it runs on KVM. Default: as Proxmox has it, false',
  'cpu.hv-vendor-id': 'The vendor that Windows sees of Hyper-V',
  'cpu.level': 'The highest basic CPUID leaf that the guest can ask for',
  'cpu.phys-bits': 'Bits of a physical address that the guest is told, or host: those of the node',
  'cpu.reported-model': 'The CPU of QEMU that it is, and that the guest sees: host, EPYC, Skylake-Server',
  'controller.asn': 'Number of the autonomous system',
  'controller.ebgp': 'Whether its peers are of another autonomous system. Default: as Proxmox has it, false',
  'controller.node': 'The node that it is for',
  'controller.peers': 'Addresses that routes are exchanged with',
  'controller.type': 'What it speaks: evpn, bgp or isis. It cannot be changed',
  'zone.controller': 'The controller of a zone of type evpn',
  'zone.exitnodes': 'Nodes by which guests reach what is outside',
  'zone.vrf-vxlan': 'The VXLAN of the routes of a zone of type evpn',
  'gotify.server': 'Where the Gotify server is: "https://gotify.example.org"',
  'matcher.invert-match': 'Whether it is about all that its conditions do not fit. Default: as Proxmox has it, false',
  'matcher.match-calendar': 'When: "mon..fri 08:00-17:00"',
  'matcher.match-field': 'What: "exact:type=vzdump,replication", "regex:hostname=^pve"',
  'matcher.match-severity': 'How severe: info, notice, warning, error, unknown, several of them by commas',
  'matcher.mode': 'Whether all of its conditions have to fit, or any. Default: as Proxmox has it, all',
  'matcher.target': 'Targets that it goes to, whatever their type',
  author: 'Who a mail is from, beside the address',
  'from-address': 'The address that a mail is from',
  mailto: 'Addresses that mails go to',
  'mailto-user': 'Users of Proxmox whose addresses mails go to: "root@pam"',
  'smtp.mode': 'How the connection is kept secret: tls, starttls, insecure. Default: as Proxmox has it, tls',
  'webhook.body': 'What is sent, as a template',
  'webhook.header': 'Lines of the request such as "Title: {{ title }}"',
  'webhook.method': 'How it is sent: post, put, get',
  'webhook.url': 'Where it is sent, as a template',
  'replication.disable': 'Whether it is not carried out',
  'replication.rate': 'Most megabytes a second. Default: no bound',
  'replication.schedule':
    'How often, as a calendar event of Proxmox. Default: as Proxmox has it, "*/15": every quarter of an hour',
  'replication.target': 'The node that has the copy. It cannot be changed',
  'user.enable': 'Whether the user may log in. Default: as Proxmox has it, true',
  expire: 'When it ends, in seconds since 1970; 0: never',
  groups: 'Groups that the user is in, and no others',
  privs: 'Privileges of Proxmox, such as VM.Audit',
  privsep: 'Whether it has rights of its own only, and not those of its user. Default: as Proxmox has it, true',
  enabled: 'Whether it is carried out. Default: as Proxmox has it, true',
  exclude: 'Guests that are left out',
  mode: 'How a running guest is backed up. Default: snapshot',
  pool: 'The guests of this pool',
  schedule: 'When it runs, as a calendar event of Proxmox: "02:30", "sat 05:00", "mon..fri 22:00"',
  storage: 'The storage, or the storages, by the ids that Proxmox knows',
  vmid: 'Guests by their numbers',
  vms: 'Guests by their numbers',
};

function objectsSchema(row: ObjectRow): z.ZodType {
  if (row.single !== undefined) return objectSchema(row);
  return z.record(nameSchema(row), objectSchema(row)).superRefine((objects, { addIssue }) => {
    for (const [name, object] of Object.entries(objects)) {
      const reserved = row.reserved?.(name) ?? null;
      if (reserved !== null) addIssue({ code: 'custom', path: [name], message: `must not be declared: ${reserved}` });
      for (const { option, message } of ownFaults(row, name, object as JsonObject)) {
        addIssue({ code: 'custom', path: [name, option], message });
      }
    }
  });
}

function ownFaults(row: ObjectRow, name: string, object: JsonObject) {
  const secrets = Object.entries(row.secrets ?? {}).flatMap(([option, { refuses }]) => {
    const refusal = object[option] === undefined ? null : refuses(name, object);
    return refusal === null ? [] : [{ option, message: refusal }];
  });
  return [...secrets, ...(row.faults?.(name, object) ?? [])];
}

/** The whole file. */
export const datacenterFile = z
  .strictObject({
    $schema: value.schemaLink,
    ...Object.fromEntries(ROWS.map((row) => [row.field, objectsSchema(row).describe(row.describes).optional()])),
  })
  .describe('Objects of the datacenter that Phoenix keeps.');
