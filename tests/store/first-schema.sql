-- What the first release wrote, as a dump: never to be changed, files like this are out there.
PRAGMA application_id = 1885762413;
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE idempotency_key (
	"key" TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	operations TEXT NOT NULL, 
	at DOUBLE NOT NULL, 
	CONSTRAINT pk_idempotency_key PRIMARY KEY ("key")
);
INSERT INTO "idempotency_key" VALUES('carol:k','digest','[1,2]',1000000000.0);
CREATE TABLE journal (
	seq INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	kind TEXT NOT NULL, 
	node TEXT, 
	event TEXT NOT NULL, 
	operation BIGINT, 
	generation BIGINT, 
	"before" TEXT, 
	"after" TEXT, 
	detail TEXT, 
	CONSTRAINT pk_journal PRIMARY KEY (seq)
);
INSERT INTO "journal" VALUES(1,1000000000.0,'daemon',NULL,'started',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(2,1000000000.0,'transition','r1n01','request',1,6,'off','powering-on','{"by":["carol",1,null]}');
CREATE TABLE node (
	name TEXT NOT NULL, 
	host TEXT NOT NULL, 
	port INTEGER NOT NULL, 
	credentials TEXT NOT NULL, 
	cipher_suite INTEGER, 
	privilege TEXT NOT NULL, 
	driver TEXT NOT NULL, 
	drift TEXT NOT NULL, 
	ranking TEXT NOT NULL, 
	inrush_group TEXT, 
	timings TEXT NOT NULL, 
	state TEXT NOT NULL, 
	desired TEXT, 
	generation BIGINT NOT NULL, 
	observed TEXT, 
	observed_at DOUBLE, 
	drifted BOOLEAN NOT NULL, 
	in_play BIGINT, 
	waiting BIGINT, 
	trouble TEXT, 
	CONSTRAINT pk_node PRIMARY KEY (name), 
	CONSTRAINT uq_node_host_port UNIQUE (host, port)
);
INSERT INTO "node" VALUES('r1n01','10.0.0.1',6230,'rack-1',17,'operator','pyghmi','enforce','latest-wins','feed-a','{"deadline":60.0,"settle":2.5}','powering-on','on',7,'off',1800000000.125,1,1,2,'no answer');
INSERT INTO "node" VALUES('r1n02','10.0.0.2',623,'default',NULL,'administrator','ipmi','flag','off-outranks-on',NULL,'{}','unknown',NULL,0,NULL,NULL,0,NULL,NULL,NULL);
CREATE TABLE operation (
	id INTEGER NOT NULL, 
	node TEXT NOT NULL, 
	ask TEXT NOT NULL, 
	generation BIGINT NOT NULL, 
	status TEXT NOT NULL, 
	asked_at DOUBLE NOT NULL, 
	asked_by TEXT NOT NULL, 
	leg INTEGER NOT NULL, 
	commanded BOOLEAN NOT NULL, 
	reason TEXT, 
	ended_at DOUBLE, 
	CONSTRAINT pk_operation PRIMARY KEY (id)
);
INSERT INTO "operation" VALUES(1,'r1n01','cycle',6,'in-play',1000000000.0,'carol',1,1,NULL,NULL);
INSERT INTO "operation" VALUES(2,'r1n01','on',7,'waiting',1000000000.0,'local',0,0,NULL,NULL);
INSERT INTO "operation" VALUES(3,'r1n02','off',1,'failed',1000000000.0,'local',0,0,'gave up',1500000000.0);
CREATE TABLE session (
	node TEXT NOT NULL, 
	id BIGINT NOT NULL, 
	command TEXT, 
	opened_at DOUBLE NOT NULL, 
	CONSTRAINT pk_session PRIMARY KEY (node, id)
);
INSERT INTO "session" VALUES('r1n01',4294967295,'soft-off',1000000000.0);
CREATE INDEX ix_operation_status_id ON operation (status, id);
CREATE INDEX ix_operation_node_id ON operation (node, id);
CREATE INDEX ix_idempotency_key_at ON idempotency_key (at);
CREATE INDEX ix_journal_node_seq ON journal (node, seq);
CREATE TRIGGER journal_refuses_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
COMMIT;
