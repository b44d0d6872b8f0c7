// Opens the notification channels of the settings.

import type { ChannelSettings } from '../../model/channel-settings.ts';
import type { Message } from '../../model/notification.ts';
import type { Host } from '../../ports/host.ts';
import type { Channel, ChannelAnswer } from '../../ports/notifications.ts';
import { requestOf } from './requests.ts';
import { sendRequest } from './send.ts';

export interface ChannelDeps {
  readonly host: Pick<Host, 'run' | 'node'>;
  /** Redacts secrets. */
  readonly redact: (text: string) => string;
}

export function openChannels(settings: readonly ChannelSettings[], deps: ChannelDeps): readonly Channel[] {
  return settings.map((each) => ({
    name: each.name,
    service: each.service,
    events: new Set(each.events),
    async send(message) {
      try {
        return await sendTo(each, redacted(message, deps.redact), deps);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { sent: false, why: deps.redact(reason), retryAfterSeconds: AGAIN_SECONDS };
      }
    },
  }));
}

const AGAIN_SECONDS = 30;

/** Texts have been redacted before; a message leaves the environment, so it is redacted once more. */
function redacted(message: Message, redact: (text: string) => string): Message {
  const orNone = (text: string | null) => (text === null ? null : redact(text));
  return {
    ...message,
    title: redact(message.title),
    lines: message.lines.map(redact),
    news: message.news.map((each) => {
      const { subject, what, why } = each.trouble;
      return { ...each, trouble: { ...each.trouble, subject: redact(subject), what: redact(what), why: orNone(why) } };
    }),
  };
}

async function sendTo(
  settings: ChannelSettings,
  message: Message,
  { host, redact }: ChannelDeps,
): Promise<ChannelAnswer> {
  switch (settings.service) {
    case 'email':
      return (await import('./mail.ts')).sendMail(settings, message, redact);
    case 'proxmox':
      return (await import('./proxmox.ts')).forwardMail(host, message);
    default:
      return sendRequest(requestOf(settings, message), redact);
  }
}
