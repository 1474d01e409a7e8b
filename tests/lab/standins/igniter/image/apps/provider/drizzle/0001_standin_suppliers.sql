CREATE TYPE "address_states" AS ENUM ('imported', 'available', 'delivered', 'staking', 'staked', 'stake_failed', 'unstaking', 'unstaked', 'missing_stake', 'remediation_failed', 'attention_needed');
--> statement-breakpoint
CREATE TABLE "relay_miners" (
  "id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  "name" varchar(255) NOT NULL,
  "identity" varchar(66) NOT NULL,
  "region" varchar(20) NOT NULL REFERENCES "regions" ("urlValue"),
  "domain" varchar(255) NOT NULL,
  UNIQUE ("identity", "region")
);
--> statement-breakpoint
CREATE TABLE "services" (
  "serviceId" varchar(255) PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "ownerAddress" varchar(255),
  "computeUnits" integer NOT NULL,
  "endpoints" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "address_groups" (
  "id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  "name" varchar(255) UNIQUE NOT NULL,
  "relayMinerId" integer NOT NULL REFERENCES "relay_miners" ("id"),
  "private" boolean NOT NULL DEFAULT false,
  "linkedAddresses" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "address_group_services" (
  "addressGroupId" integer NOT NULL REFERENCES "address_groups" ("id") ON DELETE CASCADE,
  "serviceId" varchar(255) NOT NULL REFERENCES "services" ("serviceId"),
  "supplierShare" integer,
  "revShare" jsonb NOT NULL,
  PRIMARY KEY ("addressGroupId", "serviceId")
);
--> statement-breakpoint
CREATE TABLE "keys" (
  "address" varchar(255) PRIMARY KEY,
  "publicKey" varchar(66) NOT NULL,
  "privateKey" text NOT NULL,
  "state" "address_states" NOT NULL,
  "ownerAddress" varchar(255),
  "addressGroupId" integer REFERENCES "address_groups" ("id"),
  "delegatorIdentity" varchar(66) REFERENCES "delegators" ("identity")
);
--> statement-breakpoint
CREATE TABLE "import_supplier_requests" (
  "nonce" varchar(64) PRIMARY KEY,
  "ownerAddress" varchar(255) NOT NULL,
  "delegatorIdentity" varchar(66) NOT NULL,
  "status" varchar(20) NOT NULL DEFAULT 'pending',
  "suppliers" jsonb NOT NULL,
  "expiresAt" timestamptz NOT NULL
);
