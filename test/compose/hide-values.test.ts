// A compose file that somebody changed on a host is shown without the values that they put into an environment.

import { expect, test } from 'vitest';
import { hideValues } from '../../src/compose/hide-values.ts';

const DECLARED = `services:
  web:
    image: nginx:1.27
    environment:
      LOG: info
    labels:
      - traefik.http.routers.web.rule=Host(\`a.lan\`)
`;

test('values of an environment that the repository does not have are hidden, and everything else is not', () => {
  const observed = `x-common: &common
  EXTRA: hunter2
services:
  web:
    image: nginx:1.28
    environment:
      LOG: info
      KEY: "hunter2"
      MORE: |
        hunter2
        hunter2
    labels:
      - traefik.http.routers.web.rule=Host(\`b.lan\`)
      - traefik.http.middlewares.web.basicauth.users=ada:hunter2
  other:
    environment: [LOG=debug, "KEY=hunter2"]
    # KEY was hunter2
    command:
      - --password
      - hunter2
    entrypoint: [a, --api-key, hunter2] # hunter2
    healthcheck:
      test: [CMD, curl, -u, admin:hunter2]
`;
  const shown = hideValues(observed, DECLARED) ?? '';
  expect(shown).not.toContain('hunter2');
  expect(shown).toContain('image: nginx:1.28');
  expect(shown).toContain('LOG: info');
  expect(shown).toContain('Host(`b.lan`)');
  expect(shown).toContain('- traefik.http.middlewares.web.basicauth.users=‹secret›');
  expect(shown).toContain('environment: [LOG=‹secret›, KEY=‹secret›]');
  expect(shown).toMatch(/MORE: ‹secret›\n {4}labels:/);
});

test('what is no YAML is not shown', () => {
  expect(hideValues('a: [', DECLARED)).toBeNull();
  expect(hideValues(DECLARED, DECLARED)).toBe(DECLARED);
});
