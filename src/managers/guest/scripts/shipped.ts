// SHA-256 digests of the scripts that Phoenix ships: part of the specs of guests that use them, so that a new version of a script is a change like
// any other. A constant, since targets are derived without reading a disk; a test keeps it up to date.

export const SHIPPED: Readonly<Record<string, string>> = {
  'etc/features/base_setup/install.sh': '440cea6157869a00bb54cbc0fafd47f735667e69bdbd3e96dcf409546e8157f5',
  'etc/features/docker/install.sh': '940e5b3769fa8ebb11416de9d094affaea20c39e07a472f5fee87ce1c76fe221',
  'etc/features/nfs_volumes/install.sh': 'fa53580df737161796567171cb92de9abdb9a9c63054790c45feda6a25836f5b',
  'etc/features/nginx_gateway/install.sh': '39e53c9886a3f1748c56d6c257719b1d0fe8c5edde292ba48db380163c7d60ef',
  'etc/features/nvidia/install.sh': '85a57f671c7cbf3ed4e4d3fd132c0f0957f8bdc8bb92a6d3bee5bf72a7d8649f',
  'etc/features/ollama/install.sh': '434826f9eeace23320e486d3d05d77da35d9098fed0a08df86e05befac8ecdd5',
  'etc/features/step_ca/install.sh': 'bbe2e3c46cb40c16558ae458f5efccfd4873d1e232b911bfa6ddb6739fcdb70d',
  'etc/features/step_cli/install.sh': 'cd5c2e1abe857de353cd68be9cf3bc41e33d464930efb4c8a7760cc48de9013b',
  'etc/features/template_cleanup/install.sh': '96b484e47ae18955e3fb34fab2b15861b2b3108637016a07a4649bc46acfb654',
  'etc/features/traefik/install.sh': '0959863958f9644e65b45c15af99b5f7f2be1edafa5d17057cdab36771cb8535',
  'etc/features/trusted_ca/install.sh': '16f5004ba4beb009481cbb5ea8374ed1ca80f513cf1f6144e7bf1c5ca7569b98',
  'etc/features/user_password/install.sh': 'f259378311505f6d5e14026b84f82599ec4eab00d0a95044d038cd9dfe95fdaa',
  'etc/features/vllm/install.sh': 'f3879809635f780c9f866c425a693946e5af8039cba71c958f15901128e13c9c',
};
