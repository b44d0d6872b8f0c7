// Chapters: renewal of certificates, and failure of their authority.

import type { Chapter } from './chapter.ts';

const CERTIFICATE = 'certificate/nginx.example.internal';
const FILE = '/tank/lxc-persistent-data/101/ssl/nginx.example.internal.crt';
const NAME = 'portainer.example.internal';
const MANIFEST = 'etc/certificate-manifest.json';
const VM = 'etc/phoenix_vm_configs.json';
const AUTHORITY = 103;
const GATEWAY = 101;

export const renewing: Chapter = {
  title: 'A certificate nears its end: it is renewed on schedule, and nginx is told',
  async present({ setup, follow, show, check }) {
    const known = await setup.runs();
    setup.age(FILE, { authority: AUTHORITY, hoursLived: 17, hoursLeft: 7 });
    setup.call('pct', ['exec', String(GATEWAY), '--', 'systemctl', 'reload', 'nginx']);
    const old = await setup.served(NAME);
    show(`  ${NAME} is served with a certificate that ends in ${hoursUntil(old.notAfter)} hours\n`);
    const { id } = await setup.newRun(known, ({ steps }) => steps.some(({ target }) => target === CERTIFICATE));
    const run = await follow(id);
    const now = await setup.served(NAME);
    show(`  ${NAME} is served with a certificate that ends in ${hoursUntil(now.notAfter)} hours\n`);
    check(run.state === 'succeeded' && run.steps.length === 1, 'the certificate is renewed, and nothing else touched');
    const told = run.steps[0]?.actions.filter(({ summary }) => /^reload nginx in container 101/.test(summary)).length;
    check(told === 1, 'nginx is told once');
    check(now.fingerprint !== old.fingerprint && hoursUntil(now.notAfter) > 20, 'the new certificate is served');
  },
};

export const withoutAuthority: Chapter = {
  title: 'The authority is down: only what needs it fails, and the old certificate is served on',
  async present({ setup, push, follow, showStatuses, show, check }) {
    const { person, client } = setup;
    const old = await setup.served(NAME);
    setup.call('pct', ['stop', String(AUTHORITY)]);
    show(`  somebody stops container ${AUTHORITY}, the authority\n`);
    await person.edit(MANIFEST, (text) =>
      text.replace('"docs.example.internal",', '$&\n      "wiki.example.internal",'),
    );
    await person.edit(VM, (text) => text.replace(/("name": "docker-host",[\s\S]*?"cores": )6/, '$14'));
    const run = await push('One more name for the gateway, less room for the Docker host');
    await showStatuses(run);
    const failed = run.steps.filter(({ outcome }) => outcome === 'failed').map(({ target }) => target);
    check(failed.join(' ') === CERTIFICATE, 'only the certificate fails');
    check(
      run.steps.some(({ target, outcome }) => target === 'vm/1002' && outcome === 'applied'),
      'the VM is changed',
    );
    check((await setup.served(NAME)).fingerprint === old.fingerprint, 'the old certificate is served on');

    show(`  phoenix start ${AUTHORITY}, and the commit again\n`);
    const started = await client.post<{ run: string }>('/command', { verb: 'start', targets: [`lxc/${AUTHORITY}`] });
    await follow(started.run);
    const replayed = await follow((await client.post<{ run: string }>('/replay', { commit: run.commit })).run);
    check(replayed.state === 'succeeded', 'with the authority back, the same commit succeeds');
    check((await setup.served(NAME)).fingerprint !== old.fingerprint, 'and its certificate is served');
  },
};

function hoursUntil(time: Date): number {
  return Math.round((time.getTime() - Date.now()) / 3_600_000);
}
