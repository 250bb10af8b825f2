BEGIN TRANSACTION;
CREATE TABLE addresses (
	channel TEXT NOT NULL, 
	written TEXT NOT NULL, 
	address TEXT NOT NULL, 
	PRIMARY KEY (channel, written)
);
INSERT INTO "addresses" VALUES('slack','#care','C0123ABCD');
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	delivery TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	owner TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	provider_id TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(delivery) REFERENCES deliveries ("key")
);
INSERT INTO "attempts" VALUES(1,'v1-a9a42819995cdf5c2af21f8396c7546c13ce77ae',1,'here:1:a',1525651200000000,1525651200000000,'sent','1525651200.000100','ok');
CREATE TABLE deliveries (
	"key" TEXT NOT NULL, 
	occurrence TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	address TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	not_before BIGINT, 
	fence BIGINT NOT NULL, 
	owner TEXT, 
	lease_until BIGINT, 
	started_at BIGINT, 
	sent_at BIGINT, 
	provider_id TEXT NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY ("key"), 
	UNIQUE (occurrence, channel, address, kind), 
	FOREIGN KEY(occurrence) REFERENCES occurrences (id)
);
INSERT INTO "deliveries" VALUES('v1-a9a42819995cdf5c2af21f8396c7546c13ce77ae','care-weekly@2018-05-06T23:00:00Z',0,'email','dana@example.com','real','{"channel":"email","address":"dana@example.com","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null}}','sent',1,NULL,1,'here:1:a',NULL,1525651200000000,1525651200000000,'1525651200.000100','');
INSERT INTO "deliveries" VALUES('v1-7578317defa4175bf29e79d1f83ecf7ff171a70e','care-weekly@2018-05-13T23:00:00Z',0,'email','dana@example.com','real','{"channel":"email","address":"dana@example.com","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null}}','ready',0,NULL,0,NULL,NULL,NULL,NULL,'','');
CREATE TABLE digests (
	name TEXT NOT NULL, 
	first_seen BIGINT NOT NULL, 
	settled_until BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "digests" VALUES('care-weekly',1525651200000000,1525651200000000);
CREATE TABLE editions (
	occurrence TEXT NOT NULL, 
	agents TEXT NOT NULL, 
	content TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	kept_at BIGINT NOT NULL, 
	PRIMARY KEY (occurrence, agents), 
	FOREIGN KEY(occurrence) REFERENCES occurrences (id)
);
INSERT INTO "editions" VALUES('care-weekly@2018-05-06T23:00:00Z','none','{"occurrence":"care-weekly@2018-05-06T23:00:00Z","digest":"care-weekly","title":"Social care, weekly","subject":"Social care: quieter","brand":{"name":"Acme Care","color":"#0f6f6b","logo":""},"locale":"en_AU","paper":"A4","window_text":"30 April to 6 May 2018","filter_text":"","compared_text":"","fetched_text":"","schedule_text":"","summary_text":"Quieter than last week.","agents":"none","blocks":[{"sentences":[{"text":"Quieter than last week.","tone":"plain","figures":[]}],"kind":"headline"},{"report":"states_volume","shape":"stacked","title":"Messages by state","caption":"by day","alt":"Messages fell.","labels":["Mon","Tue"],"series":[{"name":"closed","label":"Closed","values":[5,null]}],"unit":"count","shaded":[],"value_labels":[],"callout":null,"reference":null,"kind":"chart"}],"csvs":[],"exports":[],"sample":false,"late_text":"","incomplete":[]}','73032bf6ddf3b505620cbf985163f17ae0d907d57ac7c26d25fdde1830867b5a',1525651200000000);
CREATE TABLE limits (
	token_hash TEXT NOT NULL, 
	blocked_at BIGINT, 
	blocked_for BIGINT, 
	PRIMARY KEY (token_hash)
);
INSERT INTO "limits" VALUES('token',NULL,NULL);
CREATE TABLE migrations (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "migrations" VALUES(1);
CREATE TABLE occurrences (
	id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	due BIGINT NOT NULL, 
	slice TEXT NOT NULL, 
	window TEXT NOT NULL, 
	definition TEXT NOT NULL, 
	state TEXT NOT NULL, 
	resting TEXT, 
	real BOOLEAN NOT NULL, 
	late BOOLEAN NOT NULL, 
	reason TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	not_before BIGINT, 
	fence BIGINT NOT NULL, 
	owner TEXT, 
	lease_until BIGINT, 
	planned_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	PRIMARY KEY (id), 
	UNIQUE (digest, due, slice)
);
INSERT INTO "occurrences" VALUES('care-weekly@2018-05-06T23:00:00Z','care-weekly',1525647600000000,'','{"start": "2018-04-30T00:00:00", "end": "2018-05-07T00:00:00", "folds": [0, 0], "zone": "Australia/Sydney"}','{"name":"care-weekly","title":"Social care, weekly","schedule":{"phrase":"every monday at 09:00","crons":["0 9 * * 1"],"business_day":null,"at":null,"every_weeks":1,"anchor":null},"window":{"phrase":"last week","kind":"last","count":1,"unit":"week","first":null,"last":null},"reports":[{"type":"summary"}],"recipients":[{"channel":"email","address":"dana@example.com","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null}}],"zone":"Australia/Sydney","locale":"en","paper":"A4","brand":{"name":"","color":"#0f6f6b","logo":""},"compare":"previous window","groups":[],"users":[],"targets":[],"holidays":{"region":"","dates":[]},"on_holiday":"send","grace_seconds":86400.0,"catch_up":"latest","paused":false,"until":null,"subject":""}','done',NULL,1,0,'',1,NULL,1,NULL,NULL,1525651200000000,1525651200000000);
INSERT INTO "occurrences" VALUES('care-weekly@2018-05-13T23:00:00Z','care-weekly',1526252400000000,'','{"start": "2018-04-30T00:00:00", "end": "2018-05-07T00:00:00", "folds": [0, 0], "zone": "Australia/Sydney"}','{"name":"care-weekly","title":"Social care, weekly","schedule":{"phrase":"every monday at 09:00","crons":["0 9 * * 1"],"business_day":null,"at":null,"every_weeks":1,"anchor":null},"window":{"phrase":"last week","kind":"last","count":1,"unit":"week","first":null,"last":null},"reports":[{"type":"summary"}],"recipients":[{"channel":"email","address":"dana@example.com","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null}}],"zone":"Australia/Sydney","locale":"en","paper":"A4","brand":{"name":"","color":"#0f6f6b","logo":""},"compare":"previous window","groups":[],"users":[],"targets":[],"holidays":{"region":"","dates":[]},"on_holiday":"send","grace_seconds":86400.0,"catch_up":"latest","paused":false,"until":null,"subject":""}','planned',NULL,1,0,'',0,NULL,0,NULL,NULL,1525651200000000,NULL);
CREATE TABLE stamps (
	id INTEGER NOT NULL, 
	token_hash TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(token_hash) REFERENCES limits (token_hash)
);
INSERT INTO "stamps" VALUES(1,'token',1525651200000000);
INSERT INTO "stamps" VALUES(2,'token',1525651200000000);
CREATE INDEX occurrences_by_state ON occurrences (state, due);
CREATE INDEX deliveries_by_state ON deliveries (state, lease_until);
CREATE INDEX stamps_by_token ON stamps (token_hash, at);
CREATE INDEX attempts_by_delivery ON attempts (delivery, number);
COMMIT;
