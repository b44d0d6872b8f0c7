// Where the values of a certificate's spec are written in the files.

import { certificateTarget } from '../dependencies.ts';
import { ADDRESS } from '../guest/places.ts';
import { guests, host, own, type Places, placesIn, type Sources } from '../sources.ts';
import type { CertificateSpec } from './certificate-spec.ts';

const PLACES: Places<CertificateSpec> = {
  commonName: [own('/common_name')],
  names: [own('/sans')],
  certPath: [own('/cert_path')],
  keyPath: [own('/key_path')],
  owner: [own('/owner', '/cert_path'), guests('/mount_points', '/id_maps', '/unprivileged')],
  mode: [own('/permissions')],
  lifetimeSeconds: [own('/lifetime')],
  authority: [
    own('/issuer'),
    host('/step_ca', '/domain_name'),
    guests('/role', ...ADDRESS, '/traefik_service/port', '/mount_points'),
  ],
  hook: [own('/post_renewal', '/post_renewal_command')],
};

export const certificateSources: Sources = {
  entry: (config, target) =>
    config.certificates.find((certificate) => certificateTarget(certificate) === target)?.writtenAt ?? null,
  of: (_target, field) => placesIn(PLACES, field),
};
