// The features that Phoenix ships, in `etc/features/<name>/install.sh` of its own folder. A constant, so that loading a configuration reads no disk;
// a test compares it with the folder.

export const SHIPPED_FEATURES: ReadonlySet<string> = new Set([
  'base_setup',
  'docker',
  'nginx_gateway',
  'nvidia',
  'ollama',
  'step_ca',
  'step_cli',
  'traefik',
  'trusted_ca',
  'vllm',
]);
