// Sends by Proxmox's own notification system. It has no command for sending a text, but a program that passes mail from standard input to the
// system's matchers and targets; the node itself uses it for mail to root.

import type { Message } from '../../model/notification.ts';
import { oneLine } from '../../model/text.ts';
import type { Host } from '../../ports/host.ts';
import type { ChannelAnswer } from '../../ports/notifications.ts';
import { mailText } from './mail.ts';

/** Installed there by proxmox-mail-forward's `debian/rules`. */
const PROGRAM = '/usr/libexec/proxmox-mail-forward';
const WITHIN_SECONDS = 30;
const AGAIN_SECONDS = 30;

/**
 * Success only means that the program accepted the mail: it exits with 0 whatever the targets do, and logs their failures to the journal of
 * the node.
 */
export async function forwardMail(host: Pick<Host, 'run' | 'node'>, message: Message): Promise<ChannelAnswer> {
  const domain = oneLine(host.node, 'an address');
  const mail = await mailText(message, `phoenix@${domain}`, `root@${domain}`);
  const command = {
    kind: 'command',
    program: PROGRAM,
    args: [],
    stdin: { from: 'text', text: mail },
    timeoutSeconds: WITHIN_SECONDS,
  } as const;
  const { ended, exit, stderr } = await host.run(command);
  if (ended === 'exited' && exit === 0) return { sent: true };
  const why =
    ended === 'not found'
      ? 'is not there; install proxmox-mail-forward on the node'
      : `ended badly (${ended}): ${stderr.trim()}`;
  return { sent: false, why: `${PROGRAM} on ${host.node} ${why}`, retryAfterSeconds: AGAIN_SECONDS };
}
