// What cannot be deployed through Portainer, reported at its line, and what can although it looks otherwise.

import { describe, expect, test } from 'vitest';
import { COMPOSE_LOADER, loadedByCompose } from '../../../compose/compose-go.ts';
import { environment, type Files, loadFiles } from '../../../load/environment.ts';

const COMPOSE = 'stacks/shop/docker-compose.yml';
const VM = 'etc/phoenix_vm_configs.json';

/** The only stack of the VM, with these lines in its service and at the top of its file. */
function shop(service: string, top = '', variables: object[] = []): Files {
  const files: Files = environment();
  files[COMPOSE] = `services:\n  shop:\n    image: shop:1\n    ${service}\n${top}`;
  files['stacks/shop/phoenix.json'].environments.production.variables = variables;
  return files;
}

const said = (files: Files) =>
  loadFiles(files).problems.map(({ code, line, column, message }) => `${code} ${line}:${column} ${message}`);

test.each([
  ['a folder beside the file', 'volumes: [./conf:/c]', '', '4:15 ./conf is no absolute path'],
  ['a folder above it', 'volumes: [../conf:/c]', '', '4:15 ../conf is no absolute path'],
  ["a folder of somebody's home", 'volumes: [~/conf:/c]', '', '4:15 ~/conf is no absolute path'],
  ['a folder that a default names', `volumes: ["$${'{DATA:-./data}'}:/c"]`, '', '4:15 ./data is no absolute path'],
  ['the long form', 'volumes: [{type: bind, source: conf, target: /c}]', '', '4:15 conf is no absolute path'],
  [
    'a volume that shows a folder',
    'volumes: [data:/c]',
    'volumes:\n  data:\n    driver_opts: {type: none, o: bind, device: ./data}\n',
    '7:40 ./data is no absolute path',
  ],
  [
    'the file of a config',
    'configs: [app]',
    'configs:\n  app: {file: ./app.conf}\n',
    '6:9 ./app.conf is no absolute path',
  ],
  ['the file of a secret', 'secrets: [pw]', 'secrets:\n  pw: {file: pw.txt}\n', '6:8 pw.txt is no absolute path'],
  ['a file of variables', 'env_file: .env', '', '4:5 .env cannot be read: Portainer is given the text'],
  ['a file of variables in a list', 'env_file: [stack.env, {path: db.env}]', '', '4:27 db.env cannot be read'],
  [
    'a file of variables in the VM',
    'env_file: /srv/a.env',
    '',
    "4:5 /srv/a.env cannot be read: it is read in Portainer's container",
  ],
  ['a file of labels', 'label_file: [labels.txt]', '', '4:18 labels.txt cannot be read'],
  ['a build', 'build: .', '', '4:5 it is built from .'],
  [
    'a build with a Dockerfile that copies',
    'build: {context: ., dockerfile_inline: "FROM a\\nCOPY x /x"}',
    '',
    '4:5 it is built from .',
  ],
  ['a service of another file', 'extends: {file: base.yml, service: base}', '', '4:5 it extends a service of base.yml'],
  ['another file', 'restart: always', 'include: [other.yml]\n', '5:11 it includes other.yml'],
  ['a profile for seccomp', 'security_opt: ["seccomp:./profile.json"]', '', '4:20 ./profile.json cannot be read'],
  ['a secret of a swarm', 'secrets: [pw]', 'secrets:\n  pw: {external: true}\n', '6:3 "pw" is one of a swarm'],
  [
    'a config of a driver',
    'configs: [a]',
    'configs:\n  a: {file: /a, template_driver: golang}\n',
    '6:17 "a" is one of a swarm',
  ],
  ['a model', 'restart: always', 'models:\n  llm: {model: ai/some}\n', '6:3 the model "llm" needs a plugin'],
])('%s is refused', (_, service, top, expected) => {
  const [problem, ...others] = said(shop(service, top));
  expect(problem).toContain(`NOT_DEPLOYABLE ${expected}`);
  expect(others).toEqual([]);
});

test('what Portainer ignores silently is reported', () => {
  expect(said(shop('env_file: [{path: more.env, required: false}]'))).toEqual([
    'NO_EFFECT 4:16 more.env is never there: Portainer is given the text of this file alone',
  ]);
  expect(said(shop('profiles: [debug]'))).toEqual([
    'NO_EFFECT 4:5 service "shop" does not start on vm/1001: it belongs to "debug", which nobody asks for',
  ]);
  expect(said(shop('profiles: [debug]', '', [{ name: 'COMPOSE_PROFILES', value: 'a,debug' }]))).toEqual([]);
});

const FINE = [
  ['the file that Portainer writes', 'env_file: [stack.env, ./stack.env]', ''],
  ['an absolute path of the VM', 'volumes: [/srv/conf:/c, {type: bind, source: /srv, target: /d}]', ''],
  ['an absolute path that a default names', `volumes: ["$${'{DATA:-/srv}'}/a:/c"]`, ''],
  ['a volume', 'volumes: [data:/c]', 'volumes:\n  data: {}\n'],
  [
    'a volume that shows a folder of the VM',
    'volumes: [data:/c]',
    'volumes:\n  data: {driver_opts: {type: none, o: bind, device: /srv}}\n',
  ],
  [
    'a share',
    'volumes: [data:/c]',
    'volumes:\n  data: {driver_opts: {type: nfs, o: "addr=10.0.0.1,rw", device: ":/srv"}}\n',
  ],
  ['the content of a config', 'configs: [a]', 'configs:\n  a: {content: "x"}\n'],
  ['a file of the VM as a secret', 'secrets: [a]', 'secrets:\n  a: {file: /srv/a}\n'],
  ['a secret that nobody uses', 'restart: always', 'secrets:\n  a: {file: ./a}\n  b: {external: true}\n'],
  ['a build of a repository elsewhere', 'build: "https://example.org/a.git#v1"', ''],
  ['a Dockerfile in the text', 'build: {context: ., dockerfile_inline: "FROM a\\nRUN true"}', ''],
  ['no confinement', 'security_opt: ["seccomp=unconfined", "apparmor:unconfined", "no-new-privileges:true"]', ''],
  ['a service of the same file', 'extends: base', '  base: {image: x}\n'],
  [
    'a folder that only a watching developer needs',
    'develop: {watch: [{path: ./src, action: sync, target: /src}]}',
    '',
  ],
  ['its own network', 'networks: [inside]', 'networks:\n  inside: {}\n'],
  ["Docker's own network", 'networks: [out]', 'networks:\n  out: {external: true, name: bridge}\n'],
  ['the same port twice', 'ports: ["80:80", "80:80"]', ''],
] as const;

test.each(FINE)('%s works', (_, service, top) => {
  expect(said(shop(service, top))).toEqual([]);
});

test.skipIf(COMPOSE_LOADER === undefined)('compose takes what is said to work', () => {
  // compose-go looks for the files of variables itself.
  const texts = FINE.map(([, service, top]) => String(shop(service, top)[COMPOSE])).filter(
    (text) => !text.includes('env_file'),
  );
  expect(
    loadedByCompose(texts.map((text) => ({ text, consistent: true }))).flatMap(({ error }) => error ?? []),
  ).toEqual([]);
});

test('a stack that starts a service of another profile is not asked for its files', () => {
  const top = '  tool:\n    image: x\n    profiles: [tools]\n    volumes: [./x:/x]\n';
  expect(said(shop('restart: always', top)).map((each) => each.split(' ')[0])).toEqual(['NO_EFFECT']);
});

describe('what the file mentions and does not declare', () => {
  const MISSING = [
    ['a network', 'networks: [inside]', '', '4:16 the service needs network "inside"'],
    ['a volume', 'volumes: [data:/c]', '', '4:15 the service needs volume "data"'],
    ['a config', 'configs: [{source: app}]', '', '4:15 the service needs config "app"'],
    ['a secret', 'secrets: [pw]', '', '4:15 the service needs secret "pw"'],
    [
      'a service to wait for',
      'depends_on: {db: {condition: service_started}}',
      '',
      '4:18 the service needs service "db"',
    ],
    ['a service to share a network with', 'network_mode: service:vpn', '', '4:5 the service needs service "vpn"'],
    ['a service to extend', 'extends: {service: base}', '', '4:5 the service needs service "base"'],
    ['an image', 'restart: always', '  db:\n    restart: always\n', '5:3 the service needs an image'],
  ] as const;
  test.each(MISSING)('%s', (_, service, top, expected) => {
    const [problem, ...others] = said(shop(service, top));
    expect(problem).toContain(`UNKNOWN_REFERENCE ${expected}`);
    expect(others).toEqual([]);
  });

  test.skipIf(COMPOSE_LOADER === undefined)('is refused by compose too', () => {
    const texts = MISSING.map(([, service, top]) => String(shop(service, top)[COMPOSE]));
    const answers = loadedByCompose(texts.map((text) => ({ text, consistent: true })));
    expect(answers.filter(({ error }) => error === undefined)).toEqual([]);
  });
});

describe('MISSING_NETWORK', () => {
  const external = 'networks:\n  proxy: {external: true}\n';

  test('no stack of the VM makes it', () => {
    const [problem, ...others] = loadFiles(shop('networks: [proxy]', external)).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ severity: 'warning', code: 'MISSING_NETWORK', line: 6, target: 'stack/1001.shop' });
    expect(problem?.hint).toContain('networks: { proxy: { name: proxy } }');
  });

  test.each([
    ['by its name', 'networks: {default: {name: proxy}}\n', 'proxy'],
    ['by the name of its project', 'networks: {own: {}}\n', 'front_own'],
    ['by a variable', `networks: {own: {name: "$${'{NET:-proxy}'}"}}\n`, 'proxy'],
  ])('another stack makes it, %s', (_, top, name) => {
    const files = shop('networks: [proxy]', `networks:\n  proxy: {external: true, name: ${name}}\n`);
    const uses = top.includes('own') ? '\n    networks: [own]' : '';
    files['stacks/front/docker-compose.yml'] = `services:\n  web:\n    image: x${uses}\n${top}`;
    files['stacks/front/phoenix.json'] = { environments: { production: {} } };
    files[VM].vms[1].docker_stacks = ['shop', 'front'];
    expect(said(files)).toEqual([]);
  });
});

test('an external volume may be that of another stack of the VM, and counts only where it is used', () => {
  const files = shop('volumes: [media:/m]', 'volumes:\n  media: {external: true}\n  unused: {external: true}\n');
  expect(said(files).map((each) => each.split(' ')[0])).toEqual(['MISSING_VOLUME']);
  files['stacks/front/docker-compose.yml'] =
    'services:\n  web:\n    image: x\n    volumes: [m:/m]\nvolumes:\n  m: {name: media}\n';
  files['stacks/front/phoenix.json'] = { environments: { production: {} } };
  files[VM].vms[1].docker_stacks = ['shop', 'front'];
  expect(said(files)).toEqual([]);
});

describe('the stack of Portainer itself, which Docker Compose starts in the VM', () => {
  const server = (service: string) => {
    const files = shop(service);
    files[COMPOSE] = String(files[COMPOSE]).replace('shop:1', 'portainer/portainer-ce:2.33.6');
    files[VM].vms[1].portainer_role = 'primary';
    files['etc/phoenix_hypervisor_config.json'].portainer_api = {
      admin_password: { $secret: 'file:/etc/phoenix/secrets/portainer' },
    };
    return loadFiles(files).problems.map(({ code, target, message }) => `${code} ${target} ${message}`);
  };

  test('takes folders beside its file and files of the VM', () => {
    expect(server('volumes: [./data:/data]')).toEqual([]);
    expect(server('env_file: /etc/portainer.env')).toEqual([]);
  });

  test('has no file that Portainer writes', () => {
    expect(server('env_file: stack.env')).toEqual([
      expect.stringContaining('NOT_DEPLOYABLE portainer/server stack.env'),
    ]);
  });
});
