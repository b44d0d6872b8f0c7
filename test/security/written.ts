// Everything that Phoenix writes and calls for a configuration on an empty host: texts of files and arguments of programs, by the managers' own
// writers, so that a test sees what becomes of a value.

import { composeText } from '../../src/io/host/compose-text.ts';
import type { CertificateSpec } from '../../src/managers/certificate/certificate-spec.ts';
import { csrConfig } from '../../src/managers/certificate/csr-config.ts';
import { hookAction } from '../../src/managers/certificate/hook.ts';
import type { Config } from '../../src/managers/config.ts';
import { objectKinds } from '../../src/managers/datacenter/manager.ts';
import type { ObjectObservation } from '../../src/managers/datacenter/observe.ts';
import { type SdnState, SORTS } from '../../src/managers/datacenter/sdn/state.ts';
import type { NginxSpec } from '../../src/managers/gateway/nginx/nginx-spec.ts';
import { renderNginx } from '../../src/managers/gateway/nginx/render.ts';
import { renderTraefik, type TraefikSpec } from '../../src/managers/gateway/traefik/traefik-spec.ts';
import { firstNotes, type GuestSpec } from '../../src/managers/guest/guest-spec.ts';
import { printNotes } from '../../src/managers/guest/observe/notes.ts';
import type { GuestObservation } from '../../src/managers/guest/observe/observation.ts';
import { withRawLines } from '../../src/managers/guest/proxmox/conf.ts';
import { printFirewall } from '../../src/managers/guest/proxmox/firewall.ts';
import { installScripts } from '../../src/managers/guest/scripts/scripts.ts';
import type { HostEntry, PackageRepositories, Share } from '../../src/managers/hypervisor/declared.ts';
import { type DnsSpec, recordsText, staticText } from '../../src/managers/hypervisor/dns/records.ts';
import { FILES, type FirewallSpec } from '../../src/managers/hypervisor/firewall/files.ts';
import { withEntries } from '../../src/managers/hypervisor/hosts/entries.ts';
import { withNameservers } from '../../src/managers/hypervisor/network/nameservers.ts';
import type { NetworkSpec } from '../../src/managers/hypervisor/network/obstacles.ts';
import { interfacesText } from '../../src/managers/hypervisor/network/own-file.ts';
import { type Export, exportName, exportsText } from '../../src/managers/hypervisor/nfs/exports.ts';
import { sharesText } from '../../src/managers/hypervisor/samba/shares.ts';
import { allTargets, managerOf } from '../../src/managers/index.ts';
import type { LxcSpec } from '../../src/managers/lxc/lxc-spec.ts';
import { startAgent } from '../../src/managers/portainer/environment/agent.ts';
import type { EnvironmentSpec } from '../../src/managers/portainer/environment/environment-spec.ts';
import { deploy } from '../../src/managers/portainer/server/deploy.ts';
import type { ServerSpec } from '../../src/managers/portainer/server/server-spec.ts';
import type { StackSpec } from '../../src/managers/stack/stack-spec.ts';
import type { VmSpec } from '../../src/managers/vm/vm-spec.ts';
import type { Action, Content } from '../../src/model/action.ts';
import { kindOf, nameOf, type TargetId } from '../../src/model/ids.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { Target } from '../../src/model/target.ts';
import { wanted } from '../managers/guests.ts';
import { HOST_FACTS, NO_GUEST } from '../managers/observed.ts';

export type Written =
  /** A file, or what a program gets on its standard input. */
  { readonly what: string; readonly text: string } | { readonly what: string; readonly argv: readonly string[] };

const known = new Map<string, Written[]>();

export function writtenFor(config: Config): Written[] {
  return [...allTargets(config).values()].flatMap((target) => {
    const key = JSON.stringify(target);
    const written = known.get(key) ?? writtenOf(target);
    known.set(key, written);
    return written;
  });
}

function writtenOf(target: Target): Written[] {
  const { id } = target;
  switch (kindOf(id)) {
    case 'hypervisor':
      return ofHost(id, target);
    case 'lxc':
    case 'vm':
      return ofGuest(target);
    case 'certificate': {
      const spec = specOf<CertificateSpec>(target);
      const told = spec.hook === null ? [] : ofActions(id, [hookAction(spec.hook)]);
      return [{ what: `${id} request`, text: csrConfig(spec) }, ...told];
    }
    case 'gateway':
      return [{ what: `${id}`, text: gatewayText(target) }];
    case 'portainer':
      return ofPortainer(target);
    case 'stack':
      return ofStack(target);
    case 'sdn':
      return decided(target, NO_NETWORK);
    default:
      if (objectKinds.some(({ kind }) => kind === kindOf(id))) return ofObject(target);
      throw new Error(`nobody says what is written for ${id}`);
  }
}

/** A host of which nothing is known to be there. */
const UNKNOWN: ObjectObservation = {
  objects: new Map(),
  present: null,
  text: null,
  existing: {
    guest: null,
    container: null,
    'virtual machine': null,
    ha: null,
    'notification target': null,
    storage: null,
    pool: null,
    group: null,
    user: null,
    role: null,
    realm: null,
    token: null,
    'ACME account': null,
    'ACME plugin': null,
    controller: null,
    zone: null,
    vnet: null,
    fabric: null,
    IPAM: null,
    'DNS server': null,
    'Ceph pool': null,
    'cluster node': null,
  },
  poolOf: {},
  pools: {},
  notes: {},
  dependentFiles: {},
  firewalls: new Map(),
};

/** A software-defined network of which nothing is there. */
const NO_NETWORK: SdnState = {
  ...Object.fromEntries(
    ['config', 'running'].map((one) => [one, Object.fromEntries(SORTS.map((sort) => [sort, new Map()]))]),
  ),
  version: { running: null, here: null },
  guestsOn: {},
  addresses: {},
  texts: {},
} as unknown as SdnState;

function ofObject(target: Target): Written[] {
  // What comes with another object is there without anything of its own.
  const present = kindOf(target.id) === 'vnetfirewall' ? {} : null;
  const decision = managerOf(kindOf(target.id)).decide(wanted(target), { ...UNKNOWN, present });
  return decision.kind === 'actions' ? ofActions(target.id, decision.actions) : [];
}

function specOf<Spec>({ spec }: Target): Spec {
  return spec as unknown as Spec;
}

function ofHost(id: TargetId, target: Target): Written[] {
  const file = (text: string): Written => ({ what: id, text });
  switch (nameOf(id)) {
    case 'dns': {
      const spec = specOf<DnsSpec>(target);
      return [file(staticText(spec)), file(recordsText(spec.records))];
    }
    case 'firewall': {
      const spec = specOf<FirewallSpec>(target);
      return [file(FILES.host.text(spec, null) ?? ''), file(FILES.cluster.text(spec, null) ?? '')];
    }
    case 'hosts':
      return [file(withEntries('', specOf<{ hosts: HostEntry[] }>(target).hosts))];
    case 'network': {
      const spec = specOf<NetworkSpec>(target);
      return [
        file(interfacesText([...spec.bonds, ...spec.vlans, ...spec.bridges, ...(spec.ovs ?? [])])),
        file(withNameservers('', spec.nameservers)),
      ];
    }
    case 'nfs': {
      const { exports } = specOf<{ exports: Export[] }>(target);
      return [file(exportsText(exports)), { what: id, argv: ['exportfs', '-u', ...exports.map(exportName)] }];
    }
    case 'samba':
      return [file(sharesText(specOf<{ shares: Share[] }>(target).shares))];
    case 'storage': {
      const datasets = new Map([['tank', new Map()]]);
      const cache = { conf: null, live: null, copied: null };
      return decided(target, { datasets, storages: { entries: new Map(), note: null, guests: null }, cache });
    }
    case 'users': {
      const account = { name: 'ada', uid: 1000, home: '/home/ada', ours: true };
      const seen = { proxmox: '', keys: new Map(), sudoInstalled: true, sudoers: null, staged: null, note: null };
      const rest = { ...seen, secretDigest: null };
      return [
        ...decided(target, { ...rest, accounts: [] }),
        ...decided(target, {
          ...rest,
          accounts: [{ ...account, name: specOf<{ username: string }>(target).username }],
        }),
      ];
    }
    case 'page': {
      const source = { fingerprint: 'AB', names: [], notBefore: 0, notAfter: 1 };
      return decided(target, { now: 0, page: null, noted: null, source, domains: ['a.example'], staged: [] });
    }
    case 'repositories': {
      const { others } = specOf<PackageRepositories>(target);
      const files = others.map(({ file: path, uri, suite }) => ({
        path,
        text: '',
        repositories: [
          {
            types: ['deb'],
            uris: [uri],
            suites: [suite ?? 'trixie'],
            components: [],
            options: [],
            comment: '',
            enabled: false,
          },
        ],
      }));
      return decided(target, { suite: 'trixie', files, errors: new Map() });
    }
    case 'time':
      return decided(target, { timezone: 'Etc/UTC', kept: true });
    default:
      return [];
  }
}

const NOWHERE: GuestObservation = {
  ...NO_GUEST,
  host: {
    ...HOST_FACTS,
    storages: null,
    bridges: null,
    localContents: ['iso'],
    pools: { prod: { members: [], owner: null } },
  },
};

function ofGuest(target: Target): Written[] {
  const { id } = target;
  const isContainer = kindOf(id) === 'lxc';
  const spec = specOf<GuestSpec>(target);
  const notes = firstNotes(wanted(target), spec, false);
  const scripts = installScripts(isContainer ? 'pct' : 'qm', spec.id, spec.scripts, {});
  const health = managerOf(kindOf(id)).health(wanted(target));
  const raw = isContainer ? specOf<LxcSpec>(target).raw : [];
  const keys = isContainer ? [] : [...specOf<VmSpec>(target).user.sshKeys];
  return [
    // A clone gets its settings only once it exists, by the same arguments as a new guest.
    ...decided(withSource(target), NOWHERE),
    ...ofActions(id, scripts),
    ...(health === null ? [] : ofActions(id, [{ summary: '', impact: 'live', do: health.command }])),
    ...(spec.firewall === null ? [] : [{ what: `${id} firewall`, text: printFirewall(spec.firewall) }]),
    { what: `${id} conf`, text: withRawLines('arch: amd64\n', raw, printNotes(notes)) },
    ...keys.map((key) => ({ what: `${id} key`, text: key })),
  ];
}

function withSource(target: Target): Target {
  const source = (target.spec as JsonObject)['source'] as JsonObject;
  if (!('clone' in source)) return target;
  const fresh =
    kindOf(target.id) === 'lxc' ? { template: 'local:vztmpl/a.tar.zst' } : { image: 'a.img', download: null };
  return { ...target, spec: { ...target.spec, source: fresh } };
}

function gatewayText(target: Target): string {
  if (nameOf(target.id) === 'traefik') return renderTraefik(specOf<TraefikSpec>(target)).text;
  const spec = specOf<NginxSpec>(target);
  const there = new Set(spec.sites.map(({ source }) => source));
  return renderNginx(spec, { version: '1.22.1', there }).text;
}

function ofPortainer(target: Target): Written[] {
  if (nameOf(target.id) !== 'server') {
    const { vm, agent, name, url } = specOf<EnvironmentSpec>(target);
    const form = { what: `${target.id} form`, text: `${name}\n${url}` };
    return agent === null ? [form] : [form, ...ofActions(target.id, startAgent(vm, target.id, agent, null))];
  }
  const { service, stack } = specOf<ServerSpec>(target);
  const password = { $secret: 'file:/etc/phoenix/secrets/portainer' };
  return stack === null ? [] : ofActions(target.id, deploy(service, stack, password, 'revision'));
}

function ofStack(target: Target): Written[] {
  const { additions, variables, files, volumes } = specOf<StackSpec>(target);
  const seen = { kind: 'seen', now: 0, endpoint: 1, stack: null, intact: true, folders: new Map(), note: null };
  const { service } = specOf<StackSpec>(target);
  return [
    { what: `${target.id} compose`, text: composeOf({ additions, heading: target.id }) },
    // As Portainer keeps them in stack.env.
    { what: `${target.id} variables`, text: variables.map(({ name, value }) => `${name}=${String(value)}`).join('\n') },
    ...files.map(({ path }) => ({ what: `${target.id} file`, argv: ['install', '/dev/stdin', path] })),
    ...volumes.map(({ name, folder }) => ({ what: `${target.id} volume`, argv: ['docker', name, folder] })),
    ...decided(target, { ...seen, service }),
  ];
}

/** The first actions, whatever else is to be done. */
function decided(target: Target, seen: unknown): Written[] {
  const decision = managerOf(kindOf(target.id)).decide(wanted(target), seen);
  return decision.kind === 'actions' ? ofActions(target.id, decision.actions) : [];
}

function ofActions(id: TargetId, actions: readonly Action[]): Written[] {
  return actions.flatMap(({ do: work }): Written[] => {
    switch (work.kind) {
      case 'command': {
        const input = work.stdin === undefined ? [] : [{ what: `${id} ${work.program}`, text: textOf(work.stdin) }];
        return [{ what: `${id} ${work.program}`, argv: [work.program, ...work.args] }, ...input];
      }
      case 'file':
        return [{ what: `${id} ${work.path}`, text: textOf(work.content) }];
      case 'folder':
        return [{ what: `${id} folder`, argv: ['mkdir', '--', work.path] }];
      default:
        return [];
    }
  });
}

/** With the services that it is added to. */
function composeOf(content: Parameters<typeof composeText>[1]): string {
  const services = Object.keys(content.additions).map((name) => [name, { image: 'shop:1' }]);
  return composeText(JSON.stringify({ services: Object.fromEntries(services) }), content);
}

function textOf(content: Content): string {
  switch (content.from) {
    case 'text':
      return content.text;
    case 'joined':
      return content.parts.map(textOf).join('');
    case 'compose':
      return composeOf(content);
    default:
      return `<${content.from}>`;
  }
}
