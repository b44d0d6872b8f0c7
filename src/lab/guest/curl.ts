// `curl` of a guest, for what answers on its own loopback interface: the API of Traefik.

import type { GuestProgram } from '../proxmox/guest/place.ts';
import { failed, ok } from '../tree/tree.ts';
import { traefikApi } from './traefik.ts';

export const curl: GuestProgram = (inside, words) => {
  const url = words.find((word) => /^https?:\/\//.test(word)) ?? '';
  const failsOnStatus = words.some((word) => /^-\w*f/.test(word));
  const [, path] = /^http:\/\/127\.0\.0\.1:8080(\/.*)$/.exec(url) ?? [];
  const answer = path === undefined ? null : traefikApi(inside, path);
  if (answer === null) return failed(`curl: (7) Failed to connect to ${url}: Could not connect to server`, 7);
  if (failsOnStatus && answer.status >= 400) {
    return failed(`curl: (22) The requested URL returned error: ${answer.status}`, 22);
  }
  return ok(answer.body);
};
