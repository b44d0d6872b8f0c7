// Reads of the datacenter's objects by the API: the sections of their files, as one object or as a list.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { BUILT_IN_REALMS, BUILT_IN_ROLES, BUILT_IN_USER } from '../../../../src/proxmox/access.ts';
import { type Options, parseSections, parseUntypedSections } from '../../../../src/proxmox/files/section-config.ts';
import { HA_RESOURCES_FILE, HA_RULES_FILE, parseHaResources } from '../../../../src/proxmox/ha.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { ownerOf, readAccess } from '../access/access.ts';
import { effectivePermissions, permissionsAt, privilegesOf } from '../access/permissions.ts';
import type { Call } from '../call.ts';
import { kindOf, type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { text } from '../verb-parameters.ts';

type Shown = Readonly<Record<string, unknown>>;

/** Objects that are the sections of a file. */
interface Sort {
  readonly file: string;
  /** Name of the property with the id, and of the parameter. */
  readonly id: string;
  readonly parse: (text: string) => ReadonlyMap<string, Options>;
  /** `%s` is the id. */
  readonly missing: string;
  /** Whether one object alone has its id too. */
  readonly namesOne?: true;
  /** Neither the list nor one of them tells the digest of the file. */
  readonly noDigest?: true;
  /** All that the list tells of each. */
  readonly inList?: readonly string[];
  /** Options with several values. */
  readonly lists?: readonly string[];
}

const typed = (content: string): Map<string, Options> =>
  new Map([...parseSections(content)].map(([id, { type, options }]) => [id, { ...options, type: [type] }]));

const mapping = (type: string, file = type): Sort => ({
  file: `/etc/pve/mapping/${file}.cfg`,
  id: 'id',
  parse: (content) =>
    new Map([...parseUntypedSections(content)].map(([id, options]) => [id, { ...options, type: [type] }])),
  missing: "mapping '%s' not found",
  lists: ['map'],
});

const SORTS: Readonly<Record<string, Sort>> = {
  '/cluster/ha/resources': {
    file: HA_RESOURCES_FILE,
    id: 'sid',
    parse: (content) =>
      new Map([...parseHaResources(content)].map(([sid, { type, options }]) => [sid, { ...options, type: [type] }])),
    missing: "no such resource '%s'",
    namesOne: true,
  },
  '/cluster/mapping/pci': mapping('pci'),
  '/cluster/mapping/usb': mapping('usb'),
  '/cluster/mapping/dir': mapping('dir', 'directory'),
  '/cluster/metrics/server': {
    file: '/etc/pve/status.cfg',
    id: 'id',
    parse: typed,
    missing: "status server entry '%s' does not exist",
    noDigest: true,
    inList: ['disable', 'port', 'server', 'type'],
  },
};

/** Answers a read of objects; undefined for any other path. */
export function objectRead(
  { node }: Call,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const read = READERS[template];
  if (read !== undefined) return { data: read(node, parameters) };
  const [, list = template, place] = /^(.+)\/\{(\w+)\}$/.exec(template) ?? [];
  const sort = SORTS[list];
  if (sort === undefined) return undefined;
  return {
    data: place === undefined ? listed(node, sort) : one(node, sort, named(node, list, text(parameters, place))),
  };
}

function named(node: LabNode, list: string, id = ''): string {
  if (list !== '/cluster/ha/resources' || !/^\d+$/.test(id)) return id;
  return `${kindOf(node, Number(id)) === 'lxc' ? 'ct' : 'vm'}:${id}`;
}

function listed(node: LabNode, sort: Sort): Shown[] {
  const content = contentOf(node, sort.file);
  return [...sort.parse(content)].map(([id, options]) => ({
    ...(sort.inList === undefined ? shown(options, sort.lists) : only(sort.inList, options)),
    ...(sort.noDigest ? {} : { digest: sha1(content) }),
    [sort.id]: id,
  }));
}

function only(names: readonly string[], options: Options): Shown {
  const all = { disable: 0, ...shown(options) };
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

function one(node: LabNode, sort: Sort, id: string): Shown {
  const content = contentOf(node, sort.file);
  const options = sort.parse(content).get(id) ?? refuse(sort.missing.replace('%s', id));
  return {
    ...shown(options, sort.lists),
    ...(sort.noDigest ? {} : { digest: sha1(content) }),
    ...(sort.namesOne ? { [sort.id]: id } : {}),
  };
}

/** A key without a value is a switch that is on. */
function shown(options: Options, lists: readonly string[] = []): Shown {
  return Object.fromEntries(
    Object.entries(options).map(([option, values]) => {
      const [first = ''] = values;
      const value = first === '' ? 1 : /^\d+$/.test(first) ? Number(first) : first;
      return [option, lists.includes(option) ? values : value];
    }),
  );
}

const READERS: Readonly<Record<string, (node: LabNode, parameters: Parameters) => unknown>> = {
  '/cluster/ha/rules': (node, parameters) => {
    const [type, resource] = [text(parameters, 'type'), text(parameters, 'resource')];
    return rules(node).filter(
      (rule) =>
        (type === undefined || rule['type'] === type) &&
        (resource === undefined || splitList(String(rule['resources'])).includes(resource)),
    );
  },
  '/cluster/ha/rules/{rule}': (node, parameters) => {
    const id = text(parameters, 'rule');
    return rules(node).find(({ rule }) => rule === id) ?? refuse(`no such ha rule '${id}'`);
  },
  '/access/domains': (node) =>
    [...realms(node)].map(([realm, options]) => {
      const { type, comment, default: isDefault } = shown(options);
      const [, tfa] = /(?:^|,)type=(\w+)/.exec(options['tfa']?.[0] ?? '') ?? [];
      return {
        realm,
        type,
        ...(comment === undefined ? {} : { comment }),
        ...(tfa === undefined ? {} : { tfa }),
        ...(isDefault ? { default: 1 } : {}),
      };
    }),
  '/access/domains/{realm}': (node, parameters) => {
    const realm = text(parameters, 'realm') ?? '';
    const options = realms(node).get(realm) ?? refuse(`domain '${realm}' does not exist`);
    const plugin = realm === 'pam' ? { plugin: 'PVE::Auth::PAM' } : {};
    return { ...shown(options), ...plugin, digest: sha1(contentOf(node, DOMAINS)) };
  },
  '/access/users': (node, parameters) =>
    [...readAccess(node).users].map(([userid, options]) => {
      const realm = realms(node).get(userid.slice(userid.lastIndexOf('@') + 1))?.['type']?.[0];
      const more = parameters['full'] === '1' ? membershipOf(node, userid) : {};
      return { ...told(options), ...(realm === undefined ? {} : { 'realm-type': realm }), userid, ...more };
    }),
  '/access/users/{userid}': (node, parameters) => {
    const access = readAccess(node);
    const id = text(parameters, 'userid') ?? '';
    const options = access.users.get(id) ?? refuse(`no such user ('${id}')`);
    const groups = [...access.groups].flatMap(([group, { users = [] }]) =>
      splitList(users[0] ?? '').includes(id) ? [group] : [],
    );
    const tokens = tokensOf(node, id);
    const all = Object.fromEntries(tokens.map(({ tokenid, ...token }) => [tokenid, token]));
    return { ...told(options), groups: groups.sort(), tokens: tokens.length === 0 ? null : all };
  },
  '/access/users/{userid}/token': (node, parameters) => tokensOf(node, text(parameters, 'userid') ?? ''),
  '/access/users/{userid}/token/{tokenid}': (node, parameters) => {
    const [user = '', token = ''] = [text(parameters, 'userid'), text(parameters, 'tokenid')];
    const found = tokensOf(node, user).find(({ tokenid }) => tokenid === token);
    if (found === undefined) refuse(`no such token '${token}' for user '${user}'`);
    const { tokenid: _, ...options } = found ?? { tokenid: '' };
    return options;
  },
  '/access/roles': (node) => {
    const access = readAccess(node);
    return [...BUILT_IN_ROLES, ...access.roles.keys()].map((roleid) => ({
      roleid,
      privs: [...(privilegesOf(access, roleid) ?? [])].sort().join(','),
      special: BUILT_IN_ROLES.includes(roleid) ? 1 : 0,
    }));
  },
  '/access/roles/{roleid}': (node, parameters) => {
    const id = text(parameters, 'roleid') ?? '';
    const found = privilegesOf(readAccess(node), id) ?? refuse(`role '${id}' does not exist`);
    return Object.fromEntries(found.map((name) => [name, 1]));
  },
  '/access/permissions': (node, parameters) => {
    const [who = BUILT_IN_USER, path] = [text(parameters, 'userid'), text(parameters, 'path')];
    const access = readAccess(node);
    if (path === undefined) return effectivePermissions(access, who);
    return { [path]: permissionsAt(access, who, path) };
  },
  '/access/groups': (node) =>
    [...readAccess(node).groups].map(([groupid, { users, comment }]) => ({
      ...told({ ...(comment === undefined ? {} : { comment }) }),
      groupid,
      users: splitList(users?.[0] ?? '').join(','),
    })),
  '/access/groups/{groupid}': (node, parameters) => {
    const id = text(parameters, 'groupid') ?? '';
    const { users, comment } = readAccess(node).groups.get(id) ?? refuse(`group '${id}' does not exist`);
    const members = splitList(users?.[0] ?? '').filter((user) => user !== '');
    return { ...told({ ...(comment === undefined ? {} : { comment }) }), members };
  },
};

/** Groups as one text, and tokens; null for none. */
function membershipOf(node: LabNode, id: string): Shown {
  const groups = [...readAccess(node).groups].flatMap(([group, { users = [] }]) =>
    splitList(users[0] ?? '').includes(id) ? [group] : [],
  );
  const tokens = tokensOf(node, id);
  return { groups: groups.sort().join(','), tokens: tokens.length === 0 ? null : tokens };
}

interface Token {
  readonly tokenid: string;
  readonly [option: string]: unknown;
}

function tokensOf(node: LabNode, user: string): Token[] {
  const { tokens, users } = readAccess(node);
  if (!users.has(user)) refuse(`no such user ('${user}')`);
  return [...tokens].flatMap(([token, options]) =>
    ownerOf(token) === user ? [{ ...told(options), tokenid: token.slice(token.indexOf('!') + 1) }] : [],
  );
}

/** What is set: an empty text is not. */
function told(options: Options): Shown {
  return shown(
    Object.fromEntries(Object.entries(options).filter(([, [value]]) => value !== undefined && value !== '')),
  );
}

function rules(node: LabNode): Shown[] {
  const content = contentOf(node, HA_RULES_FILE);
  return [...typed(content)].map(([rule, options], index) => ({
    ...shown(options),
    digest: sha1(content),
    order: index + 1,
    rule,
  }));
}

const DOMAINS = '/etc/pve/domains.cfg';
const COMMENTS: Readonly<Record<string, string>> = {
  pam: 'Linux PAM standard authentication',
  pve: 'Proxmox VE authentication server',
};

/** With the built-in ones, which are there without a section. */
function realms(node: LabNode): ReadonlyMap<string, Options> {
  const builtIn = BUILT_IN_REALMS.map((realm): [string, Options] => [
    realm,
    { type: [realm], comment: [COMMENTS[realm] ?? ''] },
  ]);
  const own = [...typed(contentOf(node, DOMAINS))].map(([realm, { comment, ...options }]): [string, Options] => {
    const told = comment?.[0] ? comment : COMMENTS[realm] === undefined ? comment : [COMMENTS[realm]];
    return [realm, told === undefined ? options : { ...options, comment: told }];
  });
  return new Map([...builtIn, ...own]);
}

function contentOf(node: LabNode, path: string): string {
  const file = pathOf(node, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function sha1(content: string): string {
  return createHash('sha1').update(content).digest('hex');
}
