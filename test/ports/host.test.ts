import { afterAll, beforeAll, describe } from 'vitest';
import { localHost } from '../../src/io/host/local.ts';
import { sshHost } from '../../src/io/host/ssh.ts';
import type { Host } from '../../src/ports.ts';
import { noSshd, startSshd, type TestSshd } from '../support/sshd.ts';
import { hostContract } from './host.contract.ts';

describe('a local host', () => hostContract(localHost));

describe.skipIf(noSshd !== null)(`a host over ssh${noSshd === null ? '' : ` (${noSshd})`}`, () => {
  let sshd: TestSshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());
  hostContract((parts): Host => sshHost({ ...parts, ...sshd }));
});
