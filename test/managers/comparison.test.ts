// Certificates, gateways, Portainer and stacks by the laws of comparisons (compared.ts), with specs and observations that are generated.

import fc from 'fast-check';
import { certificateComparison } from '../../src/managers/certificate/certificate-comparison.ts';
import type { CertificateSpec } from '../../src/managers/certificate/certificate-spec.ts';
import { certificate } from '../../src/managers/certificate/manager.ts';
import { NOTHING } from '../../src/managers/certificate/observe.ts';
import { gateway } from '../../src/managers/gateway/manager.ts';
import type { NginxSpec } from '../../src/managers/gateway/nginx/nginx-spec.ts';
import { renderNginx } from '../../src/managers/gateway/nginx/render.ts';
import { PLACES as NGINX } from '../../src/managers/gateway/nginx/scripts.ts';
import { renderStatic } from '../../src/managers/gateway/traefik/static.ts';
import { renderTraefik, type TraefikSpec } from '../../src/managers/gateway/traefik/traefik-spec.ts';
import { textDigest } from '../../src/managers/guest/digest.ts';
import type { Manager } from '../../src/managers/manager.ts';
import { noteOf as environmentNote } from '../../src/managers/portainer/environment/decide.ts';
import { environmentComparison } from '../../src/managers/portainer/environment/environment-comparison.ts';
import { agentRevision, type EnvironmentSpec } from '../../src/managers/portainer/environment/environment-spec.ts';
import { portainer } from '../../src/managers/portainer/manager.ts';
import { serverComparison } from '../../src/managers/portainer/server/server-comparison.ts';
import {
  OWNER_LABEL,
  type ServerSpec,
  revisionOf as serverRevision,
} from '../../src/managers/portainer/server/server-spec.ts';
import { stack } from '../../src/managers/stack/manager.ts';
import { noteOf as stackNote } from '../../src/managers/stack/note.ts';
import { OWNER, REVISION } from '../../src/managers/stack/observe.ts';
import { stackComparison } from '../../src/managers/stack/stack-comparison.ts';
import { revisionOf, type StackSpec } from '../../src/managers/stack/stack-spec.ts';
import { dotenvValue } from '../../src/model/dotenv.ts';
import type { BlobId, TargetId } from '../../src/model/ids.ts';
import { SECRET, testComparison } from './compared.ts';

const oneOf = <const T>(...values: readonly T[]) => fc.constantFrom(...values);
const is = <const T>(value: T) => fc.constant(value);

const NOW = Date.parse('2026-01-02T00:00:00Z');
const DAY = 86_400_000;
const PEM = 'a certificate';

function file(mode: number, owner: { readonly uid: number | null; readonly gid: number | null }) {
  return { kind: 'file', mode, uid: owner.uid, gid: owner.gid, size: 1, modified: 1, digest: 'd' };
}

const CERTIFICATE = 'certificate/www.lan';
testComparison(certificate as unknown as Manager, {
  target: CERTIFICATE,
  fields: certificateComparison.fields,
  specs: fc.record({
    ...{ commonName: is('www.lan'), names: oneOf(['www.lan'], ['api.lan', 'www.lan']), hook: is(null) },
    ...{ certPath: oneOf('/srv/a.crt', '/srv/b.crt'), keyPath: oneOf('/srv/a.key', '/srv/b.key') },
    owner: oneOf({ user: 'root', group: 'root', uid: 0, gid: 0 }, { user: 'www', group: 'www', uid: 33, gid: 33 }),
    ...{ mode: oneOf(0o600, 0o640), lifetimeSeconds: oneOf(null, 720 * 3600, 90 * 60) },
    authority: fc.record({
      ...{ url: is('https://ca.lan'), address: is(null), root: is('/srv/root.crt') },
      by: oneOf({ kind: 'jwk' }, { kind: 'acme' }),
    }),
  }) as unknown as fc.Arbitrary<CertificateSpec>,
  seen(present, wanted) {
    const { certPath, keyPath, authority, owner, lifetimeSeconds } = present;
    const facts = {
      ...{ fingerprint: 'f', names: present.names, notBefore: NOW - DAY, notAfter: NOW + 30 * DAY },
      ...{ publicKey: 'k', trusted: true },
    };
    const key = wanted.keyPath === keyPath ? 'k' : null;
    return {
      ...{ now: NOW, rootDigest: 'r', staged: NOTHING, asked: null, user: null },
      note: {
        ...{
          target: CERTIFICATE,
          certPath,
          keyPath,
          root: authority?.root,
          rootDigest: 'r',
          issuer: authority?.by.kind,
        },
        ...{ lifetimeSeconds, owner, keyFile: { size: 1, modified: 1 }, certificate: PEM, told: 'f' },
      },
      files: new Map([
        [keyPath, file(present.mode, owner)],
        [certPath, file(0o644, owner)],
      ]),
      current: wanted.certPath === certPath ? { text: PEM, facts, key } : NOTHING,
      owner: { uid: wanted.owner.uid, gid: wanted.owner.gid },
    };
  },
});

const CHAINS = ['/srv/a.crt', '/srv/b.crt'] as const;
testComparison(gateway as unknown as Manager, {
  target: 'gateway/nginx',
  fields: ['server', 'map', NGINX.current].map((name) => ({
    name,
    of: ['domain', 'proxy', 'sites', 'hasIpv6'] as const,
  })),
  specs: fc.record({
    ...{ guest: is(110), address: is('10.0.0.10'), domain: oneOf('lan', 'home.lan'), proxy: oneOf(null, '10.0.0.11') },
    ...{ hasIpv6: oneOf(false, true), root: is(null), asked: is({ http: true, https: true }) },
    sites: fc.array(
      fc.record({
        ...{
          names: oneOf(['a.lan'], ['b.lan', 'c.lan']),
          own: fc.boolean(),
          chain: oneOf('/etc/a.crt'),
          key: is('/etc/a.key'),
        },
        ...{ source: oneOf(...CHAINS), late: is(false) },
      }),
      { maxLength: 2 },
    ),
  }) as fc.Arbitrary<NginxSpec>,
  seen(present, wanted) {
    const there = new Set(CHAINS);
    const { text } = renderNginx(present, { version: '1.26.0', there });
    const files = { current: textDigest(text), proven: textDigest(text), text, active: true };
    const inside = { kind: 'seen', files, digests: new Map(), rest: [], stderr: 'nginx version: nginx/1.26.0' };
    const certificates = [...new Set(wanted.sites.map(({ source }) => source))].sort();
    return { seen: { inside, there }, note: { guest: 110, certificates } };
  },
});

testComparison(gateway as unknown as Manager, {
  target: 'gateway/traefik',
  fields: [
    ...['router', 'service'].map((name) => ({ name, of: ['dynamic'] as const })),
    ...['entryPoints', 'entry points'].map((name) => ({ name, of: ['gateway'] as const })),
  ],
  specs: fc.record({
    ...{
      guest: is(111),
      address: is('10.0.0.11'),
      gateway: oneOf(null, '10.0.0.10'),
      sources: is({}),
      asked: is(true),
    },
    dynamic: fc
      .record({ name: oneOf('web', 'api'), rule: oneOf('Host(`a.lan`)', 'Host(`b.lan`)'), port: oneOf(80, 81) })
      .map(({ name, rule, port }) => ({
        http: {
          routers: { [name]: { rule, service: name } },
          services: { [name]: { loadBalancer: { servers: [{ url: `http://10.0.0.5:${port}` }] } } },
        },
      })),
  }) as unknown as fc.Arbitrary<TraefikSpec>,
  seen({ dynamic, gateway: trusted }) {
    const { text, revision } = renderTraefik({ dynamic });
    const [routes, started] = [textDigest(text), textDigest(renderStatic(trusted))];
    const file = { current: started, proven: started, started, text: renderStatic(trusted) };
    const http = dynamic['http'] as Record<string, Record<string, object>>;
    const loaded = (part: string) =>
      new Map(Object.entries(http[part] ?? {}).map(([name, value]) => [name, { ...value, status: 'enabled' }]));
    const entryPoints = ['web', 'websecure'].map((name) => ({
      ...{ name, trusted: trusted === null ? [] : [trusted], trustsAll: false, readSeconds: 3600 },
    }));
    return {
      note: { guest: 111, certificates: [] },
      seen: {
        inside: {
          kind: 'seen',
          files: { current: routes, proven: routes, text, active: true },
          ...{ digests: new Map(), rest: [], stderr: '' },
        },
        file,
        loaded: {
          ...{ routers: loaded('routers'), services: loaded('services'), entryPoints },
          middlewares: new Map([[revision, { status: 'enabled' }]]),
        },
      },
    };
  },
});

const service = { vm: 1001, host: 'portainer.lan' } as unknown as EnvironmentSpec['service'];
const ENVIRONMENT = 'portainer/environment.docker' as TargetId;
testComparison(portainer as unknown as Manager, {
  target: ENVIRONMENT,
  fields: environmentComparison.fields,
  specs: fc.record({
    ...{
      service: is(service),
      name: oneOf('docker', 'work'),
      vm: is(1002),
      url: oneOf('tcp://a.lan:9001', 'tcp://b.lan:9001'),
    },
    agent: fc.record({ image: oneOf('portainer/agent:2', 'portainer/agent:3'), port: is(9001) }),
  }) as fc.Arbitrary<EnvironmentSpec>,
  seen(present) {
    const { name, url, agent } = present;
    const revision = agent === null ? '' : agentRevision(agent);
    const labels = [`phoenix.target=${ENVIRONMENT}`, `phoenix.revision=${revision}`];
    const container = { name: 'portainer_agent', running: true, image: agent?.image ?? null, labels };
    return {
      kind: 'environment',
      seen: {
        ...{ agent: { kind: 'seen', container }, endpoints: [{ id: 1, name, url, up: true }], instance: 'i' },
        note: environmentNote(ENVIRONMENT, present, 'i'),
      },
    };
  },
});

const variables = fc
  .uniqueArray(
    fc.record({
      name: oneOf('LOG', 'PORT'),
      value: fc.constantFrom<string | object>('a b', '80', { $secret: 'env:A' }),
    }),
    {
      selector: ({ name }) => name,
    },
  )
  .map((list) => list.sort((a, b) => (a.name < b.name ? -1 : 1)));
const blob = oneOf('a'.repeat(40), 'b'.repeat(40)) as fc.Arbitrary<BlobId>;

testComparison(portainer as unknown as Manager, {
  target: 'portainer/server',
  fields: serverComparison.fields,
  specs: fc.record({
    ...{ service: is(service), admin: fc.record({ user: oneOf('admin', 'ada'), password: is({ $secret: 'env:P' }) }) },
    stack: fc.record({ project: is('portainer'), compose: blob, additions: is({}), variables, volumes: is([]) }),
  }) as unknown as fc.Arbitrary<ServerSpec>,
  seen(present) {
    const revision = serverRevision(present);
    const containers = [{ name: 'portainer-server-1', running: true, image: null, labels: [OWNER_LABEL] }];
    return {
      kind: 'server',
      seen: {
        inside: { kind: 'seen', containers, revision, compose: null, folders: null, setupToken: null },
        answers: { status: { kind: 'said', value: {} }, admin: 'there', key: true, user: null },
        ...{ note: { service, project: 'portainer', revision }, keptToken: true, keptSession: false },
      },
    };
  },
});

const STACK = 'stack/1002.qdrant';
testComparison(stack as unknown as Manager, {
  target: STACK,
  fields: stackComparison.fields,
  specs: fc.record({
    ...{
      service: is(service),
      environment: is('docker'),
      vm: is(1002),
      project: is('qdrant'),
      compose: blob,
      variables,
    },
    ...{ additions: oneOf({}, { qdrant: { labels: ['a=b'] } }), files: is([]), volumes: is([]) },
  }) as unknown as fc.Arbitrary<StackSpec>,
  seen(present) {
    const revision = revisionOf(present);
    const given = present.variables.map(
      ({ name, value }) => [name, typeof value === 'string' ? dotenvValue(value) : SECRET] as const,
    );
    const found = {
      ...{ id: 7, name: 'qdrant', endpoint: 1, status: 'active', updated: 1, failure: null },
      variables: new Map([...given, [OWNER, STACK], [REVISION, revision]]),
    };
    return {
      ...{
        kind: 'seen',
        now: NOW,
        endpoint: 1,
        stack: found,
        intact: true,
        text: null,
        services: null,
        containers: null,
      },
      ...{ folders: null, service, note: stackNote(found, revision) },
    };
  },
});
