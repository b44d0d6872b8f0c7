// Checks that the host's declared account is one that a person can have.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import type { RuleContext } from '../../rule.ts';

/** INVALID_VALUE: the account is one that Debian or Proxmox always has, which Phoenix never takes over. */
export function accountIsOfAPerson({ config: { hypervisor } }: RuleContext): Diagnostic[] {
  const { user, writtenAt } = hypervisor;
  if (user === null || !ACCOUNTS.has(user.username)) return [];
  return [
    {
      code: 'INVALID_VALUE',
      at: placeIn(writtenAt, 'users', 'username'),
      message: `${user.username} is an account of the system`,
      hint: 'Declare another name; it becomes an account of its own.',
      target: targetId('hypervisor', 'users'),
    },
  ];
}

/** Of Debian's base-passwd, and of the packages that every node has. */
const ACCOUNTS: ReadonlySet<string> = new Set([
  'root',
  'daemon',
  'bin',
  'sys',
  'sync',
  'games',
  'man',
  'lp',
  'mail',
  'news',
  'uucp',
  'proxy',
  'www-data',
  'backup',
  'list',
  'irc',
  '_apt',
  'nobody',
  'systemd-network',
  'messagebus',
  'sshd',
  'postfix',
  'ceph',
  'tcpdump',
]);
