// The files of Samba on the host.

import { digest } from '../act.ts';

export const OWN_FILE = '/etc/samba/phoenix.conf';
export const MAIN_FILE = '/etc/samba/smb.conf';

/** The note about the settings that Samba read last. */
export function toldText(own: string | null, main: string): string {
  return `${digest(`${own ?? ''}\n${main}`)}\n`;
}
