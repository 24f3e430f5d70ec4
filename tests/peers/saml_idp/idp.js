// The program behind `idp`; see there.
'use strict';
const { execFileSync, spawn } = require('child_process');
const { createPublicKey } = require('crypto');
const fs = require('fs');
const path = require('path');

// Each can be given on the command line and, for one sign-in, in the URL's query.
const DEFAULTS = {
  email: 'admin@acme.example', // as NameID, and as the attribute below
  nameid: '', // NameID, if not the address
  format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  attribute: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  lifetime: '300', // seconds; negative: an assertion that has expired
  sign: 'assertion', // response | both | none
  key: 'idp', // other: a key pair that the metadata does not name
  encrypt: '', // PEM certificate to encrypt the assertion for
  audience: '', // these five: instead of what the request asks for
  issuer: '',
  destination: '',
  recipient: '',
  in_response_to: '',
};

function keyPair(directory, name) {
  const [key, cert] = ['key', 'certificate'].map((k) => path.join(directory, `${name}-${k}.pem`));
  if (!fs.existsSync(cert)) {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650',
      '-subj', `/CN=${name}.example`, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  }
  return { key: fs.readFileSync(key, 'utf8'), cert: fs.readFileSync(cert, 'utf8') };
}

function samlOptions(request, option, directory, issuer) {
  const acs = request.assertionConsumerServiceURL;
  return {
    ...keyPair(directory, option.key === 'other' ? 'other' : 'idp'),
    issuer: option.issuer || issuer,
    audience: option.audience || request.issuer,
    destination: option.destination || acs,
    recipient: option.recipient || acs,
    inResponseTo: option.in_response_to || request.id,
    lifetimeInSeconds: Number(option.lifetime),
    signAssertion: ['assertion', 'both'].includes(option.sign),
    signResponse: ['response', 'both'].includes(option.sign),
    encryptionCert: option.encrypt || undefined,
    encryptionPublicKey:
      option.encrypt && createPublicKey(option.encrypt).export({ type: 'spki', format: 'pem' }),
    getPostURL: (audience, dom, req, callback) => callback(null, acs),
    getUserFromRequest: () => option,
    profileMapper: () => ({
      getClaims: () => (option.attribute ? { [option.attribute]: option.email } : {}),
      getNameIdentifier: () => ({
        nameIdentifier: option.nameid || option.email,
        nameIdentifierFormat: option.format,
      }),
    }),
  };
}

function serve(directory, defaults) {
  const express = require('express');
  const samlp = require('samlp');
  fs.mkdirSync(directory, { recursive: true });
  const app = express();
  const server = app.listen(0, '127.0.0.1', async () => {
    const issuer = `http://127.0.0.1:${server.address().port}/metadata`;
    // With ?key=other, as it is once the IdP has gone over to that key pair.
    app.get('/metadata', (req, res) => samlp.metadata({ issuer,
      cert: keyPair(directory, req.query.key === 'other' ? 'other' : 'idp').cert,
      redirectEndpointPath: '/sso', postEndpointPath: '/sso' })(req, res));
    app.get('/sso', (req, res, next) => samlp.parseRequest(req, (error, request) => {
      if (error || !request) return next(error || new Error('no SAMLRequest in the query'));
      const option = { ...DEFAULTS, ...defaults, ...req.query };
      return samlp.auth(samlOptions(request, option, directory, issuer))(req, res, next);
    }));
    const metadata = await (await fetch(issuer)).text();
    fs.writeFileSync(path.join(directory, 'metadata.xml'), metadata);
    console.log(issuer);
  });
}

function start(directory, args) {
  fs.mkdirSync(directory, { recursive: true });
  const log = fs.openSync(path.join(directory, 'idp.log'), 'w');
  const child = spawn(process.execPath, [...process.execArgv, __filename, 'serve', directory, ...args],
    { detached: true, stdio: ['ignore', 'pipe', log] });
  fs.writeFileSync(path.join(directory, 'idp.pid'), String(child.pid));
  child.stdout.once('data', (line) => {
    process.stdout.write(line);
    process.exit();
  });
  child.once('exit', () => fail(fs.readFileSync(path.join(directory, 'idp.log'), 'utf8')));
}

function stop(directory) {
  const file = path.join(directory, 'idp.pid');
  if (!fs.existsSync(file)) return;
  try {
    process.kill(Number(fs.readFileSync(file, 'utf8')));
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
  fs.unlinkSync(file);
}

async function signIn(url) {
  const response = await fetch(url);
  const page = await response.text();
  const entities = { amp: '&', lt: '<', gt: '>', '#34': '"', '#39': "'" };
  const input = (name) => {
    const match = page.match(new RegExp(`name="${name}"\\s+value="([^"]*)"`));
    if (!match) fail(`${response.status} from the IdP, without ${name}:\n${page}`);
    return match[1].replace(/&(amp|lt|gt|#34|#39);/g, (whole, entity) => entities[entity]);
  };
  console.log(input('SAMLResponse'));
  console.log(input('RelayState'));
}

function fail(message) {
  console.error(`tests/peers/saml_idp/idp: ${message}`);
  process.exit(1);
}

function options(args) {
  return Object.fromEntries(args.map((arg) => {
    const [name, ...value] = arg.split('=');
    if (!(name in DEFAULTS)) fail(`unknown option ${name}`);
    return [name, value.join('=')];
  }));
}

const [command, target, ...args] = process.argv.slice(2);
if (!target) fail('usage: idp start|run|stop DIR, or idp sign-in URL');
if (command === 'start') start(target, args);
else if (command === 'stop') stop(target);
else if (command === 'sign-in') signIn(target);
else if (command === 'serve') serve(target, options(args));
else if (command === 'run') {
  serve(target, options(args));
  process.stdin.resume().on('end', () => process.exit());
} else fail(`unknown command ${command}`);
