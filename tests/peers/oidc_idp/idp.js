// The program behind `idp`; see there.
'use strict';
const { generateKeyPairSync } = require('crypto');
const path = require('path');
const { pathToFileURL } = require('url');

// How each client signs in at the token endpoint, and is answered.
const CLIENTS = [
  { client_id: 'rs256-basic', client_secret: 'basic:secret+of %', alg: 'RS256', auth: 'client_secret_basic' },
  { client_id: 'rs256-post', client_secret: 'post:secret&of=x', alg: 'RS256', auth: 'client_secret_post' },
  { client_id: 'rs256-public', alg: 'RS256', auth: 'none' },
  { client_id: 'ps256-basic', client_secret: 'basic-secret', alg: 'PS256', auth: 'client_secret_basic' },
  { client_id: 'es256-basic', client_secret: 'basic-secret', alg: 'ES256', auth: 'client_secret_basic' },
  { client_id: 'es256-public', alg: 'ES256', auth: 'none' },
];

function privateKey(type, options, kid) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig' };
}

function configuration(redirectUri, email) {
  return {
    clients: CLIENTS.map(({ alg, auth, ...client }) => ({
      ...client,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: alg,
      token_endpoint_auth_method: auth,
    })),
    jwks: {
      keys: [
        privateKey('rsa', { modulusLength: 2048 }, 'rsa'),
        privateKey('ec', { namedCurve: 'P-256' }, 'ec'),
      ],
    },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    // The address in the ID token, not at the userinfo endpoint only.
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['a key of a test'] },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email, email_verified: true }),
    }),
    // Everybody has consented to everything.
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
  };
}

async function run(redirectUri, email = 'bob@acme.example') {
  const [modules] = process.env.NODE_PATH.split(path.delimiter);
  const library = pathToFileURL(path.join(modules, 'oidc-provider', 'lib', 'index.js'));
  const { Provider } = await import(library.href);
  const http = require('http');
  const server = http.createServer();
  server.listen(0, '127.0.0.1', () => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const provider = new Provider(issuer, configuration(redirectUri, email));
    const callback = provider.callback();
    server.on('request', async (req, res) => {
      if (!req.url.startsWith('/interaction/')) return callback(req, res);
      return provider.interactionFinished(req, res, { login: { accountId: 'user-7' } });
    });
    console.log(issuer);
  });
  process.stdin.resume().on('end', () => process.exit());
}

// Follows redirects, with cookies, up to the redirect URI.
async function signIn(url, redirectUri) {
  const cookies = new Map();
  for (let step = 0; step < 10; ++step) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = response.headers.get('location');
    if (!location) fail(`${response.status} from the IdP:\n${await response.text()}`);
    url = new URL(location, url).href;
    if (url.startsWith(`${redirectUri}?`)) {
      console.log(url.slice(redirectUri.length + 1));
      return;
    }
  }
  fail('too many redirects');
}

function fail(message) {
  console.error(`tests/peers/oidc_idp/idp: ${message}`);
  process.exit(1);
}

const [command, ...args] = process.argv.slice(2);
if (command === 'run' && args.length) run(...args);
else if (command === 'sign-in' && args.length === 2) signIn(...args);
else fail('usage: idp run REDIRECT_URI [EMAIL], or idp sign-in URL REDIRECT_URI');
