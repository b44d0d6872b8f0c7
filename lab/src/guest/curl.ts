// `curl` of a guest, for services on its own loopback interface: Traefik's API.

import type { GuestProgram } from '../proxmox/guest/place.ts';
import { failed, ok } from '../tree/tree.ts';
import { requestLoopback } from './traefik/api.ts';

export const curl: GuestProgram = (inside, words) => {
  const url = words.find((word) => /^https?:\/\//.test(word)) ?? '';
  const flags = words.filter((word) => /^-\w/.test(word)).join('');
  const says = (text: string): string => (flags.includes('s') && !flags.includes('S') ? '' : text);
  const [, host = '', port = '80', path = '/'] = /^http:\/\/([\w.]+)(?::(\d+))?(\/.*)?$/.exec(url) ?? [];
  const answer = requestLoopback(inside, host, Number(port), path);
  if (answer === null)
    return failed(says(`curl: (7) Failed to connect to ${host} port ${port}: Could not connect to server`), 7);
  if (flags.includes('f') && answer.status >= 400) {
    return failed(says(`curl: (22) The requested URL returned error: ${answer.status}`), 22);
  }
  return ok(answer.body);
};
