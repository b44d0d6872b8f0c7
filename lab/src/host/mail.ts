// Proxmox's `proxmox-mail-forward`: reads a mail on standard input and succeeds whatever the targets do. The mails are appended to root's mailbox.

import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';

export const mailForward: Program = (node, _argv, stdin = () => Buffer.alloc(0)) => {
  const file = pathOf(node, 'var/mail/root');
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${stdin().toString('utf8')}\n`);
  return { stdout: '', stderr: '', rc: 0 };
};
