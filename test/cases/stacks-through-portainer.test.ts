// A compose file that was written for a folder with other files, deployed through Portainer: each line that needs the folder is named.

import { expect, test } from 'vitest';
import { environment, type Files, loadFiles } from '../load/environment.ts';

test('a file that needs its folder is refused at each such line, and one that does not is accepted', () => {
  const files: Files = environment();
  const path = 'stacks/shop/docker-compose.yml';
  files[path] = `services:
  web:
    image: caddy:2
    env_file:
      - web.env
    volumes:
      - ./site:/srv:ro
      - /srv/media:/media
    networks: [edge]
  worker:
    build: ./worker
    image: registry.example.internal/worker:3
networks:
  edge:
    external: true
`;
  const { problems } = loadFiles(files);
  expect(problems.map(({ severity, code, line, target }) => `${severity} ${code} ${line} ${target}`)).toEqual([
    'error NOT_DEPLOYABLE 5 stack/1001.shop',
    'error NOT_DEPLOYABLE 7 stack/1001.shop',
    'error NOT_DEPLOYABLE 11 stack/1001.shop',
    'warning MISSING_NETWORK 14 stack/1001.shop',
  ]);
  expect(problems.map(({ hint }) => hint)).toEqual([
    expect.stringContaining('env_file: stack.env'),
    expect.stringContaining('absolute path of the VM'),
    expect.stringContaining('push it to a registry'),
    expect.stringContaining('docker network create edge'),
  ]);
  files[path] = `services:
  web:
    image: caddy:2
    env_file: stack.env
    volumes:
      - /srv/media:/media
    networks: [edge]
networks:
  edge:
    name: edge
`;
  expect(loadFiles(files).problems).toEqual([]);
});
