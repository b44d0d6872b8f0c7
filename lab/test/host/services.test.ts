// The lab's programs for services, packages, the clock and certificates refuse what the real ones refuse.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LabHost, openLabHost } from '../../../test/support/host/lab-host.ts';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

function run(line: string) {
  const [program = '', ...args] = line.split(' ');
  return host.run({ kind: 'command', program, args, timeoutSeconds: 10 });
}

const UNIT = '[Service]\nExecStart=/bin/true\n';

describe('systemctl', () => {
  test('a service that came with its package runs, is stopped and started', async () => {
    await run('apt-get -y install dnsmasq');
    expect(await run('systemctl is-active dnsmasq')).toMatchObject({ exit: 0, stdout: 'active\n' });
    await run('systemctl stop dnsmasq');
    expect(await run('systemctl is-active dnsmasq')).toMatchObject({ exit: 3, stdout: 'inactive\n' });
    await run('systemctl disable dnsmasq');
    expect(await run('systemctl show -p Id,ActiveState,UnitFileState dnsmasq')).toMatchObject({
      stdout: 'Id=dnsmasq.service\nActiveState=inactive\nUnitFileState=disabled\n',
    });
    await run('systemctl enable --now dnsmasq');
    expect(await run('systemctl is-active dnsmasq')).toMatchObject({ exit: 0 });
  });

  test('a service whose settings are wrong does not come up', async () => {
    await run('apt-get -y install dnsmasq');
    await host.write('/etc/dnsmasq.d/wrong.conf', 'no-such-option\n');
    expect(await run('systemctl restart dnsmasq')).toMatchObject({ exit: 1 });
    expect(await run('systemctl is-active dnsmasq')).toMatchObject({ exit: 3 });
  });

  test.each([
    ['systemctl start dnsmasq', 5, 'Unit dnsmasq.service not found.'],
    ['systemctl enable dnsmasq', 1, 'Unit file dnsmasq.service does not exist.'],
    ['systemctl reload own', 1, 'Job type reload is not applicable for unit own.service.'],
    ['systemctl restart', 1, 'Too few arguments.'],
    ['systemctl begin own', 1, "Unknown command verb 'begin'."],
    ['systemctl start --quick own', 1, "unrecognized option '--quick'"],
  ])('%s', async (line, exit, message) => {
    await host.write('/etc/systemd/system/own.service', UNIT);
    expect(await run(line)).toMatchObject({ exit, stderr: expect.stringContaining(message) });
  });
});

test.each([
  ['apt-get install dnsmasq', 1, 'Abort.'],
  ['apt-get -y install no-such-package', 100, 'Unable to locate package no-such-package'],
  ['apt-get -y conjure dnsmasq', 100, 'Invalid operation conjure'],
  ['dpkg-query -W dnsmasq', 1, 'no packages found matching dnsmasq'],
  ['timedatectl set-timezone Mars/Olympus', 1, "Invalid or not installed time zone 'Mars/Olympus'"],
  ['timedatectl set-ntp perhaps', 1, 'perhaps'],
  ['timedatectl wind', 1, "Unknown command verb 'wind'."],
  ['update-ca-certificates --all', 1, "unrecognized option '--all'"],
])('%s', async (line, exit, message) => {
  expect(await run(line)).toMatchObject({ exit, stderr: expect.stringContaining(message) });
});

test('certificates are added to those of the system, and removed with their files', async () => {
  await host.write('/usr/local/share/ca-certificates/own.crt', 'ONE\n');
  expect((await run('update-ca-certificates')).stdout).toContain('1 added, 0 removed');
  expect(await host.read('/etc/ssl/certs/own.pem')).toBe('ONE\n');
  expect(await host.read('/etc/ssl/certs/ca-certificates.crt')).toContain('ONE');
  await run('rm /usr/local/share/ca-certificates/own.crt');
  expect((await run('update-ca-certificates --fresh')).stdout).toContain('0 added, 1 removed');
  expect(await host.has('/etc/ssl/certs/own.pem')).toBe(false);
});
