// The notification configuration (proxmox-notify, src/config.rs and context/pve.rs): sections with unencoded texts, booleans in words, and two
// built-in objects that are not in a file. Shared by the manager and the lab.

import { type Options, parseSections, type Section } from './files/section-config.ts';

export const NOTIFICATIONS_FILE = '/etc/pve/notifications.cfg';

/** Built-in objects until modified. */
export const BUILT_IN_NOTIFICATIONS: ReadonlyMap<string, Section> = parseSections(
  [
    "sendmail: mail-to-root\n\tcomment Send mails to root@pam's email address\n\tmailto-user root@pam\n",
    'matcher: default-matcher\n\tcomment Route all notifications to mail-to-root\n\tmode all\n\ttarget mail-to-root\n',
  ].join('\n'),
  'plain',
);

export function parseNotifications(text: string): Map<string, Section> {
  const sections = parseSections(text, 'plain');
  for (const [name, section] of BUILT_IN_NOTIFICATIONS) if (!sections.has(name)) sections.set(name, section);
  return sections;
}

export function isBuiltInNotification(name: string, options: Options): boolean {
  const usual = BUILT_IN_NOTIFICATIONS.get(name);
  return usual !== undefined && inOrder(usual.options) === inOrder(options);
}

function inOrder(options: Options): string {
  return JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
}
