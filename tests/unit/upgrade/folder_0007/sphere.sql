BEGIN TRANSACTION;
CREATE TABLE account_decisions (
	request_id INTEGER NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	text VARCHAR(500), 
	agent_id VARCHAR(64) NOT NULL, 
	agent VARCHAR(80) NOT NULL, 
	decided_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	lease_until DATETIME, 
	failure VARCHAR(32), 
	CONSTRAINT pk_account_decisions PRIMARY KEY (request_id), 
	CONSTRAINT fk_account_decisions_request_id_account_requests FOREIGN KEY(request_id) REFERENCES account_requests (id)
);
INSERT INTO "account_decisions" VALUES(1,'create',NULL,'Rz9--tFekIku_MxsxF3Zkw','Superviseur','2026-11-29 19:23:19.312510','2026-11-29 19:33:19.312510',NULL,NULL);
CREATE TABLE account_request_askers (
	id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	"key" VARCHAR(200) NOT NULL, 
	at DATETIME NOT NULL, 
	joined BOOLEAN NOT NULL, 
	conversation_id VARCHAR(32) NOT NULL, 
	requester_id VARCHAR(64), 
	requester VARCHAR(200) NOT NULL, 
	dossier VARCHAR(32), 
	basis VARCHAR(32), 
	fiche JSON NOT NULL, 
	outcome VARCHAR(32), 
	settled_at DATETIME, 
	CONSTRAINT pk_account_request_askers PRIMARY KEY (id), 
	CONSTRAINT fk_account_request_askers_request_id_account_requests FOREIGN KEY(request_id) REFERENCES account_requests (id), 
	CONSTRAINT uq_account_request_askers_key UNIQUE ("key")
);
INSERT INTO "account_request_askers" VALUES(1,1,'2Tz00P6uQSEkhF0bH-OW2A:18','2026-11-29 19:22:36.431335',0,'2Tz00P6uQSEkhF0bH-OW2A','124f3e8d-2d39-5721-ad31-4b42006117b8','Claire Moreau (claire.moreau@sphere.example)','SPH-2024-000137','care_team_informed','{"civility": "Mme", "family": "Wernert", "given": "Odile", "profession": "Orthophoniste", "profession_code": "91", "mode": "lib\u00e9ral", "organization": "Cabinet des Tanneurs", "city": "Amboise", "email": "odile.wernert@soins-vierzon.example", "phone": "+33247570011"}',NULL,NULL);
INSERT INTO "account_request_askers" VALUES(2,2,'2Tz00P6uQSEkhF0bH-OW2A:65','2026-11-29 19:24:29.704984',0,'2Tz00P6uQSEkhF0bH-OW2A','124f3e8d-2d39-5721-ad31-4b42006117b8','Claire Moreau (claire.moreau@sphere.example)','SPH-2024-000137','care_team_informed','{"civility": "Mme", "family": "Zwartkowski", "given": "Zo\u00e9", "profession": "Orthophoniste", "profession_code": "91", "mode": "lib\u00e9ral", "organization": "Cabinet des Tanneurs", "city": "Amboise", "email": "zoe.zwartkowski@ortho-amboise.example", "phone": "+33247570011"}',NULL,NULL);
CREATE TABLE account_request_numbers (
	year INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	CONSTRAINT pk_account_request_numbers PRIMARY KEY (year)
);
INSERT INTO "account_request_numbers" VALUES(2026,2);
CREATE TABLE account_requests (
	id INTEGER NOT NULL, 
	reference VARCHAR(20) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	state_since DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	fiche JSON NOT NULL, 
	rpps VARCHAR(11), 
	adeli VARCHAR(9), 
	email VARCHAR(254) NOT NULL, 
	person VARCHAR(400) NOT NULL, 
	reason VARCHAR(500), 
	agent VARCHAR(80), 
	creating_since DATETIME, 
	nonce VARCHAR(32), 
	account_id VARCHAR(64), 
	account_made BOOLEAN, 
	lease_token VARCHAR(32), 
	lease_until DATETIME, 
	CONSTRAINT pk_account_requests PRIMARY KEY (id), 
	CONSTRAINT uq_account_requests_reference UNIQUE (reference)
);
INSERT INTO "account_requests" VALUES(1,'DC-2026-000001','to_verify','2026-11-29 19:23:18.412572','2026-11-29 19:22:36.431335','{"civility": "Mme", "family": "Wernert", "given": "Odile", "profession": "Orthophoniste", "profession_code": "91", "mode": "lib\u00e9ral", "organization": "Cabinet des Tanneurs", "city": "Amboise", "email": "odile.wernert@soins-vierzon.example", "phone": "+33247570011"}',NULL,NULL,'odile.wernert@soins-vierzon.example','wernert odile|orthophoniste',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "account_requests" VALUES(2,'DC-2026-000002','more_info','2026-11-29 19:25:43.568319','2026-11-29 19:24:29.704984','{"civility": "Mme", "family": "Zwartkowski", "given": "Zo\u00e9", "profession": "Orthophoniste", "profession_code": "91", "mode": "lib\u00e9ral", "organization": "Cabinet des Tanneurs", "city": "Amboise", "email": "zoe.zwartkowski@ortho-amboise.example", "phone": "+33247570011"}',NULL,NULL,'zoe.zwartkowski@ortho-amboise.example','zwartkowski zoe|orthophoniste','Quel est son numéro RPPS ?','Julie Marchand',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0007');
CREATE TABLE audit_events (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor VARCHAR(100), 
	action VARCHAR(64) NOT NULL, 
	dossier VARCHAR(32), 
	subject VARCHAR(100), 
	basis VARCHAR(32), 
	channel VARCHAR(16), 
	outcome VARCHAR(32) NOT NULL, 
	"key" VARCHAR(200), 
	CONSTRAINT pk_audit_events PRIMARY KEY (id), 
	CONSTRAINT uq_audit_events_key UNIQUE ("key")
);
INSERT INTO "audit_events" VALUES(1,'2026-11-29 19:22:07.802865','agent:setup','support.agent_add',NULL,'Rz9--tFekIku_MxsxF3Zkw',NULL,NULL,'supervisor',NULL);
INSERT INTO "audit_events" VALUES(2,'2026-11-29 19:22:27.165172','124f3e8d-2d39-5721-ad31-4b42006117b8','identity.code',NULL,'-V6Nzp-LnPzFNFvdQykQvA',NULL,NULL,'sent',NULL);
INSERT INTO "audit_events" VALUES(3,'2026-11-29 19:22:28.072541','124f3e8d-2d39-5721-ad31-4b42006117b8','identity.link',NULL,'-V6Nzp-LnPzFNFvdQykQvA',NULL,NULL,'linked',NULL);
INSERT INTO "audit_events" VALUES(4,'2026-11-29 19:22:29.724053','124f3e8d-2d39-5721-ad31-4b42006117b8','identity.code',NULL,'2Tz00P6uQSEkhF0bH-OW2A',NULL,NULL,'sent',NULL);
INSERT INTO "audit_events" VALUES(5,'2026-11-29 19:22:30.738580','124f3e8d-2d39-5721-ad31-4b42006117b8','identity.link',NULL,'2Tz00P6uQSEkhF0bH-OW2A',NULL,NULL,'linked',NULL);
INSERT INTO "audit_events" VALUES(6,'2026-11-29 19:22:36.431335','124f3e8d-2d39-5721-ad31-4b42006117b8','accounts.request','SPH-2024-000137','DC-2026-000001','care_team_informed',NULL,'received','accounts.request:2Tz00P6uQSEkhF0bH-OW2A:18');
INSERT INTO "audit_events" VALUES(7,'2026-11-29 19:22:38.304765','124f3e8d-2d39-5721-ad31-4b42006117b8','identity.code',NULL,'b0eeCdrS91tTDbcatVIrdg',NULL,NULL,'sent',NULL);
INSERT INTO "audit_events" VALUES(8,'2026-11-29 19:22:39.383947','124f3e8d-2d39-5721-ad31-4b42006117b8','identity.link',NULL,'b0eeCdrS91tTDbcatVIrdg',NULL,NULL,'linked',NULL);
INSERT INTO "audit_events" VALUES(9,'2026-11-29 19:22:42.685603','124f3e8d-2d39-5721-ad31-4b42006117b8','partners.add','SPH-2024-000137','Practitioner/ef7d2ff6-9e86-5775-995f-5f9ee4148c52','care_team_informed','web','added','operation:b0eeCdrS91tTDbcatVIrdg:23');
INSERT INTO "audit_events" VALUES(10,'2026-11-29 19:22:44.764089','b443ceca-147d-5cab-b42c-bf216e55661f','identity.code',NULL,'ItXQHEbohu88yns3geJ5Hg',NULL,NULL,'sent',NULL);
INSERT INTO "audit_events" VALUES(11,'2026-11-29 19:22:45.743801','b443ceca-147d-5cab-b42c-bf216e55661f','identity.link',NULL,'ItXQHEbohu88yns3geJ5Hg',NULL,NULL,'linked',NULL);
INSERT INTO "audit_events" VALUES(12,'2026-11-29 19:22:47.305782','b443ceca-147d-5cab-b42c-bf216e55661f','identity.code',NULL,'sTCOf_25ZUS_YkW0pL2URA',NULL,NULL,'sent',NULL);
INSERT INTO "audit_events" VALUES(13,'2026-11-29 19:22:47.659454','b443ceca-147d-5cab-b42c-bf216e55661f','identity.link',NULL,'sTCOf_25ZUS_YkW0pL2URA',NULL,NULL,'linked',NULL);
INSERT INTO "audit_events" VALUES(14,'2026-11-29 19:22:48.133039','b443ceca-147d-5cab-b42c-bf216e55661f','notifications.change',NULL,'sTCOf_25ZUS_YkW0pL2URA',NULL,'web','changed',NULL);
INSERT INTO "audit_events" VALUES(15,'2026-11-29 19:22:48.471756','b443ceca-147d-5cab-b42c-bf216e55661f','notifications.change',NULL,'sTCOf_25ZUS_YkW0pL2URA',NULL,'web','changed',NULL);
INSERT INTO "audit_events" VALUES(16,'2026-11-29 19:22:50.257294','b443ceca-147d-5cab-b42c-bf216e55661f','notifications.change',NULL,'sTCOf_25ZUS_YkW0pL2URA',NULL,'web','changed',NULL);
INSERT INTO "audit_events" VALUES(17,'2026-11-29 19:22:53.064971','b443ceca-147d-5cab-b42c-bf216e55661f','notifications.page',NULL,'sTCOf_25ZUS_YkW0pL2URA',NULL,'web','opened',NULL);
INSERT INTO "audit_events" VALUES(18,'2026-11-29 19:22:59.029711','124f3e8d-2d39-5721-ad31-4b42006117b8','identity.code',NULL,'91uTW1-pp45MSqDGZ7X8QA',NULL,NULL,'sent',NULL);
INSERT INTO "audit_events" VALUES(19,'2026-11-29 19:23:00.256504','124f3e8d-2d39-5721-ad31-4b42006117b8','identity.link',NULL,'91uTW1-pp45MSqDGZ7X8QA',NULL,NULL,'linked',NULL);
INSERT INTO "audit_events" VALUES(20,'2026-11-29 19:23:03.655452','agent:Rz9--tFekIku_MxsxF3Zkw','support.sign_in',NULL,'Rz9--tFekIku_MxsxF3Zkw',NULL,NULL,'in',NULL);
INSERT INTO "audit_events" VALUES(21,'2026-11-29 19:23:04.830680','agent:Rz9--tFekIku_MxsxF3Zkw','support.agent_add',NULL,'4jSXj5iMc_4adEkyYSfnew',NULL,NULL,'agent',NULL);
INSERT INTO "audit_events" VALUES(22,'2026-11-29 19:23:05.898425','agent:4jSXj5iMc_4adEkyYSfnew','support.sign_in',NULL,'4jSXj5iMc_4adEkyYSfnew',NULL,NULL,'in',NULL);
INSERT INTO "audit_events" VALUES(23,'2026-11-29 19:23:06.199214','agent:4jSXj5iMc_4adEkyYSfnew','support.agent_link',NULL,'4jSXj5iMc_4adEkyYSfnew',NULL,'telegram','linked',NULL);
INSERT INTO "audit_events" VALUES(24,'2026-11-29 19:23:19.312510','agent:Rz9--tFekIku_MxsxF3Zkw','accounts.decide_create',NULL,'DC-2026-000001',NULL,NULL,'decided',NULL);
INSERT INTO "audit_events" VALUES(25,'2026-11-29 19:24:29.704984','124f3e8d-2d39-5721-ad31-4b42006117b8','accounts.request','SPH-2024-000137','DC-2026-000002','care_team_informed',NULL,'received','accounts.request:2Tz00P6uQSEkhF0bH-OW2A:65');
INSERT INTO "audit_events" VALUES(26,'2026-11-29 19:24:33.957421','27a808af-ce91-55ef-8e9d-4e7842010bc7','identity.code',NULL,'MSZCrtGKxS02kGL9RYymgA',NULL,NULL,'sent',NULL);
INSERT INTO "audit_events" VALUES(27,'2026-11-29 19:25:43.568319','agent:Julie Marchand','accounts.ask',NULL,'DC-2026-000002',NULL,NULL,'more_info',NULL);
INSERT INTO "audit_events" VALUES(28,'2026-11-29 19:26:08.288900','27a808af-ce91-55ef-8e9d-4e7842010bc7','identity.link_token',NULL,NULL,NULL,NULL,'made',NULL);
CREATE TABLE buttons (
	token VARCHAR(32) NOT NULL, 
	conversation_id VARCHAR(32) NOT NULL, 
	message_id INTEGER NOT NULL, 
	turn INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	intent VARCHAR(100) NOT NULL, 
	entities JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT pk_buttons PRIMARY KEY (token), 
	CONSTRAINT fk_buttons_conversation_id_conversations FOREIGN KEY(conversation_id) REFERENCES conversations (id), 
	CONSTRAINT fk_buttons_message_id_messages FOREIGN KEY(message_id) REFERENCES messages (id)
);
INSERT INTO "buttons" VALUES('lI39Iy-hnE5Y5gA1NyevJQ','-V6Nzp-LnPzFNFvdQykQvA',4,2,'Renvoyer un code','inform','{"resend": "1"}','2026-11-29 19:22:27.347292','2026-11-30 19:22:27.347292',NULL);
INSERT INTO "buttons" VALUES('1YA-XWenBmt1BXKocG13Kg','-V6Nzp-LnPzFNFvdQykQvA',4,2,'Annuler','cancel','{}','2026-11-29 19:22:27.347292','2026-11-30 19:22:27.347292',NULL);
INSERT INTO "buttons" VALUES('yEzDSA_JHy-Jc9mpvlee5g','-V6Nzp-LnPzFNFvdQykQvA',7,3,'Ajouter un partenaire','add_partner','{}','2026-11-29 19:22:28.320260','2026-11-30 19:22:28.320260',NULL);
INSERT INTO "buttons" VALUES('aQWkp7ljzw-4Wa5NCN3jSQ','-V6Nzp-LnPzFNFvdQykQvA',7,3,'Mes dossiers','list_dossiers','{}','2026-11-29 19:22:28.320260','2026-11-30 19:22:28.320260',NULL);
INSERT INTO "buttons" VALUES('3bqwbUfOqfb8Pz0oKOtZNg','-V6Nzp-LnPzFNFvdQykQvA',7,3,'Nouveau dossier','create_dossier','{}','2026-11-29 19:22:28.320260','2026-11-30 19:22:28.320260',NULL);
INSERT INTO "buttons" VALUES('aVT-oaPHBp3UQSk08ckAXA','-V6Nzp-LnPzFNFvdQykQvA',9,4,'Oui : même équipe de soins, usager informé','affirm','{"basis": "care_team_informed"}','2026-11-29 19:22:29.042402','2026-11-30 19:22:29.042402',NULL);
INSERT INTO "buttons" VALUES('a4m9cm0pW7642RvkffZBag','-V6Nzp-LnPzFNFvdQykQvA',9,4,'Oui : accord de l''usager recueilli','affirm','{"basis": "consent_given"}','2026-11-29 19:22:29.042402','2026-11-30 19:22:29.042402',NULL);
INSERT INTO "buttons" VALUES('OHtJtF00FrbftpZI-dO_XA','-V6Nzp-LnPzFNFvdQykQvA',9,4,'Ni l''un ni l''autre','deny','{"basis": "neither"}','2026-11-29 19:22:29.042402','2026-11-30 19:22:29.042402',NULL);
INSERT INTO "buttons" VALUES('EGcgkdI90-eC_Rs4BQjkqw','-V6Nzp-LnPzFNFvdQykQvA',9,4,'Non','deny','{}','2026-11-29 19:22:29.042402','2026-11-30 19:22:29.042402',NULL);
INSERT INTO "buttons" VALUES('uKhhbb_yD2nF7PSDchJLGw','2Tz00P6uQSEkhF0bH-OW2A',13,6,'Renvoyer un code','inform','{"resend": "1"}','2026-11-29 19:22:29.860940','2026-11-30 19:22:29.860940',NULL);
INSERT INTO "buttons" VALUES('EHF95abWYBL9x9whPbXxUA','2Tz00P6uQSEkhF0bH-OW2A',13,6,'Annuler','cancel','{}','2026-11-29 19:22:29.860940','2026-11-30 19:22:29.860940',NULL);
INSERT INTO "buttons" VALUES('ktxoeEVRhKNaORo72DO2jg','2Tz00P6uQSEkhF0bH-OW2A',16,7,'Ajouter un partenaire','add_partner','{}','2026-11-29 19:22:30.996080','2026-11-30 19:22:30.996080',NULL);
INSERT INTO "buttons" VALUES('yRtNBng7UnphTsQJ06bMOA','2Tz00P6uQSEkhF0bH-OW2A',16,7,'Mes dossiers','list_dossiers','{}','2026-11-29 19:22:30.996080','2026-11-30 19:22:30.996080',NULL);
INSERT INTO "buttons" VALUES('CBVNLc11iwfEM5f8wCe_BA','2Tz00P6uQSEkhF0bH-OW2A',16,7,'Nouveau dossier','create_dossier','{}','2026-11-29 19:22:30.996080','2026-11-30 19:22:30.996080',NULL);
INSERT INTO "buttons" VALUES('arKc5uHDdxiMtFd6rLp4Bw','2Tz00P6uQSEkhF0bH-OW2A',18,8,'Dr Arnaude Mernerd – Chirurgien-Dentiste – Cabinet dentaire des Vignes, Saint-Jean-de-Braye','choose','{"choice": "899700036363"}','2026-11-29 19:22:31.992284','2026-11-30 19:22:31.992284','2026-11-29 19:22:32.681816');
INSERT INTO "buttons" VALUES('KZEkTwLd4Lf4fRxL55UgbQ','2Tz00P6uQSEkhF0bH-OW2A',18,8,'Autre personne','choose','{"choice": "other"}','2026-11-29 19:22:31.992284','2026-11-30 19:22:31.992284','2026-11-29 19:22:32.681816');
INSERT INTO "buttons" VALUES('EQxVsCJFo6loOyxDgXertg','2Tz00P6uQSEkhF0bH-OW2A',18,8,'Personne ne correspond','choose','{"choice": "nobody"}','2026-11-29 19:22:31.992284','2026-11-30 19:22:31.992284','2026-11-29 19:22:32.681816');
INSERT INTO "buttons" VALUES('u5TKa2jOwN7p0p0hkA5sZQ','2Tz00P6uQSEkhF0bH-OW2A',20,9,'Demander un compte','request_account','{}','2026-11-29 19:22:32.681816','2026-11-30 19:22:32.681816','2026-11-29 19:22:33.421210');
INSERT INTO "buttons" VALUES('RovV9lDvHHUUGEEspXlalw','2Tz00P6uQSEkhF0bH-OW2A',20,9,'Autre personne','choose','{"choice": "other"}','2026-11-29 19:22:32.681816','2026-11-30 19:22:32.681816','2026-11-29 19:22:33.421210');
INSERT INTO "buttons" VALUES('5zZPJhA1QXJB6jdxaB3yOA','2Tz00P6uQSEkhF0bH-OW2A',20,9,'Annuler','cancel','{}','2026-11-29 19:22:32.681816','2026-11-30 19:22:32.681816','2026-11-29 19:22:33.421210');
INSERT INTO "buttons" VALUES('w7CBYfut854HEtWtN6l29A','2Tz00P6uQSEkhF0bH-OW2A',22,10,'Mme','inform','{"value": "Mme"}','2026-11-29 19:22:33.421210','2026-11-30 19:22:33.421210','2026-11-29 19:22:33.844962');
INSERT INTO "buttons" VALUES('grQHT4grdOR_IHMPyeEraQ','2Tz00P6uQSEkhF0bH-OW2A',22,10,'M.','inform','{"value": "M"}','2026-11-29 19:22:33.421210','2026-11-30 19:22:33.421210','2026-11-29 19:22:33.844962');
INSERT INTO "buttons" VALUES('MdPXH_yR5ArEZz8tnBLluQ','2Tz00P6uQSEkhF0bH-OW2A',22,10,'Dr','inform','{"value": "Dr"}','2026-11-29 19:22:33.421210','2026-11-30 19:22:33.421210','2026-11-29 19:22:33.844962');
INSERT INTO "buttons" VALUES('08GpfzeH8FDcaLORlvL85w','2Tz00P6uQSEkhF0bH-OW2A',22,10,'Pr','inform','{"value": "Pr"}','2026-11-29 19:22:33.421210','2026-11-30 19:22:33.421210','2026-11-29 19:22:33.844962');
INSERT INTO "buttons" VALUES('mcsmYWsosuHhjo91mN4M0w','2Tz00P6uQSEkhF0bH-OW2A',22,10,'Passer','inform','{"skip": "1"}','2026-11-29 19:22:33.421210','2026-11-30 19:22:33.421210','2026-11-29 19:22:33.844962');
INSERT INTO "buttons" VALUES('lZWB_JkEpp7QSPMBSelj0g','2Tz00P6uQSEkhF0bH-OW2A',24,11,'Passer','inform','{"skip": "1"}','2026-11-29 19:22:33.844962','2026-11-30 19:22:33.844962','2026-11-29 19:22:34.178813');
INSERT INTO "buttons" VALUES('xkAf-Go3sa5MXL-JUHbbLQ','2Tz00P6uQSEkhF0bH-OW2A',26,12,'Libéral','inform','{"value": "lib\u00e9ral"}','2026-11-29 19:22:34.178813','2026-11-30 19:22:34.178813','2026-11-29 19:22:34.486012');
INSERT INTO "buttons" VALUES('fTRVZ96kbI2CVxiNux-4ng','2Tz00P6uQSEkhF0bH-OW2A',26,12,'Salarié','inform','{"value": "salari\u00e9"}','2026-11-29 19:22:34.178813','2026-11-30 19:22:34.178813','2026-11-29 19:22:34.486012');
INSERT INTO "buttons" VALUES('BuaCWvlt1GuJ1IjF21OcJA','2Tz00P6uQSEkhF0bH-OW2A',26,12,'Bénévole','inform','{"value": "b\u00e9n\u00e9vole"}','2026-11-29 19:22:34.178813','2026-11-30 19:22:34.178813','2026-11-29 19:22:34.486012');
INSERT INTO "buttons" VALUES('npoiznAvlHFeWh7FanvMOg','2Tz00P6uQSEkhF0bH-OW2A',26,12,'Passer','inform','{"skip": "1"}','2026-11-29 19:22:34.178813','2026-11-30 19:22:34.178813','2026-11-29 19:22:34.486012');
INSERT INTO "buttons" VALUES('5OL7r956LDJ81zv2fGmwow','2Tz00P6uQSEkhF0bH-OW2A',28,13,'Passer','inform','{"skip": "1"}','2026-11-29 19:22:34.486012','2026-11-30 19:22:34.486012',NULL);
INSERT INTO "buttons" VALUES('e_JW_ubk4r50OJv-Di43uw','2Tz00P6uQSEkhF0bH-OW2A',32,15,'Passer','inform','{"skip": "1"}','2026-11-29 19:22:35.255876','2026-11-30 19:22:35.255876',NULL);
INSERT INTO "buttons" VALUES('_WmJJ-KBDABsSgdnq60eqg','2Tz00P6uQSEkhF0bH-OW2A',34,16,'Même équipe de soins, usager informé','inform','{"basis": "care_team_informed"}','2026-11-29 19:22:35.668036','2026-11-30 19:22:35.668036','2026-11-29 19:22:35.983336');
INSERT INTO "buttons" VALUES('0UX6hWwc6Bq3nZLAs79_HQ','2Tz00P6uQSEkhF0bH-OW2A',34,16,'Accord de l''usager recueilli','inform','{"basis": "consent_given"}','2026-11-29 19:22:35.668036','2026-11-30 19:22:35.668036','2026-11-29 19:22:35.983336');
INSERT INTO "buttons" VALUES('2av0iXQZkFfsurxA1wYk4w','2Tz00P6uQSEkhF0bH-OW2A',34,16,'Ni l''un ni l''autre','inform','{"basis": "neither"}','2026-11-29 19:22:35.668036','2026-11-30 19:22:35.668036','2026-11-29 19:22:35.983336');
INSERT INTO "buttons" VALUES('BAWtPp7GrJ_Wo0xoAxQlvg','2Tz00P6uQSEkhF0bH-OW2A',36,17,'Envoyer la demande','affirm','{}','2026-11-29 19:22:35.983336','2026-11-30 19:22:35.983336','2026-11-29 19:22:36.673751');
INSERT INTO "buttons" VALUES('knr_wkd57ZOuA--cchpgSw','2Tz00P6uQSEkhF0bH-OW2A',36,17,'Corriger','correct','{}','2026-11-29 19:22:35.983336','2026-11-30 19:22:35.983336','2026-11-29 19:22:36.673751');
INSERT INTO "buttons" VALUES('kPeq33Ac-AXHkKSZHuP5mA','2Tz00P6uQSEkhF0bH-OW2A',36,17,'Ne pas envoyer','deny','{}','2026-11-29 19:22:35.983336','2026-11-30 19:22:35.983336','2026-11-29 19:22:36.673751');
INSERT INTO "buttons" VALUES('b-GAPeW2QM5taNhKT-FOGA','b0eeCdrS91tTDbcatVIrdg',42,20,'Renvoyer un code','inform','{"resend": "1"}','2026-11-29 19:22:38.475362','2026-11-30 19:22:38.475362',NULL);
INSERT INTO "buttons" VALUES('xH6qrA0rCKQov8uFeojcYA','b0eeCdrS91tTDbcatVIrdg',42,20,'Annuler','cancel','{}','2026-11-29 19:22:38.475362','2026-11-30 19:22:38.475362',NULL);
INSERT INTO "buttons" VALUES('JGa1cACIJ4TWIids62MlXw','b0eeCdrS91tTDbcatVIrdg',45,21,'Ajouter un partenaire','add_partner','{}','2026-11-29 19:22:40.969123','2026-11-30 19:22:40.969123',NULL);
INSERT INTO "buttons" VALUES('JRubFmZYXoYT2IxcR6RBDg','b0eeCdrS91tTDbcatVIrdg',45,21,'Mes dossiers','list_dossiers','{}','2026-11-29 19:22:40.969123','2026-11-30 19:22:40.969123',NULL);
INSERT INTO "buttons" VALUES('0rK_PdBbjsRIkyAakspGNA','b0eeCdrS91tTDbcatVIrdg',45,21,'Nouveau dossier','create_dossier','{}','2026-11-29 19:22:40.969123','2026-11-30 19:22:40.969123',NULL);
INSERT INTO "buttons" VALUES('6-RSGQu0ED7GBV4IuSoqZg','b0eeCdrS91tTDbcatVIrdg',47,22,'Oui : même équipe de soins, usager informé','affirm','{"basis": "care_team_informed"}','2026-11-29 19:22:41.918970','2026-11-30 19:22:41.918970','2026-11-29 19:22:42.955707');
INSERT INTO "buttons" VALUES('jSvdZSgxREzMzH0bwIwaKw','b0eeCdrS91tTDbcatVIrdg',47,22,'Oui : accord de l''usager recueilli','affirm','{"basis": "consent_given"}','2026-11-29 19:22:41.918970','2026-11-30 19:22:41.918970','2026-11-29 19:22:42.955707');
INSERT INTO "buttons" VALUES('sEk8UGQEJER1WfBVxSY5ww','b0eeCdrS91tTDbcatVIrdg',47,22,'Ni l''un ni l''autre','deny','{"basis": "neither"}','2026-11-29 19:22:41.918970','2026-11-30 19:22:41.918970','2026-11-29 19:22:42.955707');
INSERT INTO "buttons" VALUES('4Rlx_8Cx9cwMRxi3IMJfdw','b0eeCdrS91tTDbcatVIrdg',47,22,'Non','deny','{}','2026-11-29 19:22:41.918970','2026-11-30 19:22:41.918970','2026-11-29 19:22:42.955707');
INSERT INTO "buttons" VALUES('pPacMSJ2hYGpr8rScISjMw','b0eeCdrS91tTDbcatVIrdg',49,23,'Ajouter quelqu''un d''autre','add_partner','{"dossier_ref": "SPH-2024-000137"}','2026-11-29 19:22:42.955707','2026-11-30 19:22:42.955707',NULL);
INSERT INTO "buttons" VALUES('Msjkp0Lm5NGd-vroY4YpfA','b0eeCdrS91tTDbcatVIrdg',49,23,'Voir les partenaires','list_partners','{"dossier_ref": "SPH-2024-000137"}','2026-11-29 19:22:42.955707','2026-11-30 19:22:42.955707',NULL);
INSERT INTO "buttons" VALUES('WJVpF_bpVTyYcieXcli-YA','ItXQHEbohu88yns3geJ5Hg',53,25,'Renvoyer un code','inform','{"resend": "1"}','2026-11-29 19:22:44.914700','2026-11-30 19:22:44.914700',NULL);
INSERT INTO "buttons" VALUES('-QCiuCmQ7oOLAW7UWt5jPg','ItXQHEbohu88yns3geJ5Hg',53,25,'Annuler','cancel','{}','2026-11-29 19:22:44.914700','2026-11-30 19:22:44.914700',NULL);
INSERT INTO "buttons" VALUES('A0qv1pZZv77jbiMibBlKng','ItXQHEbohu88yns3geJ5Hg',56,26,'Ajouter un partenaire','add_partner','{}','2026-11-29 19:22:45.986723','2026-11-30 19:22:45.986723',NULL);
INSERT INTO "buttons" VALUES('FtfA8M8ipXqYD1TR650HtQ','ItXQHEbohu88yns3geJ5Hg',56,26,'Mes dossiers','list_dossiers','{}','2026-11-29 19:22:45.986723','2026-11-30 19:22:45.986723',NULL);
INSERT INTO "buttons" VALUES('dLeaaDNZJftRmiZhQAr00w','ItXQHEbohu88yns3geJ5Hg',56,26,'Nouveau dossier','create_dossier','{}','2026-11-29 19:22:45.986723','2026-11-30 19:22:45.986723',NULL);
INSERT INTO "buttons" VALUES('_5Ncse9VwHfoPFmxeFBziw','ItXQHEbohu88yns3geJ5Hg',58,27,'Oui : même équipe de soins, usager informé','affirm','{"basis": "care_team_informed"}','2026-11-29 19:22:46.712831','2026-11-30 19:22:46.712831','2026-11-29 19:24:33.662274');
INSERT INTO "buttons" VALUES('C24k6B-bTvO-mI364VDzRw','ItXQHEbohu88yns3geJ5Hg',58,27,'Oui : accord de l''usager recueilli','affirm','{"basis": "consent_given"}','2026-11-29 19:22:46.712831','2026-11-30 19:22:46.712831','2026-11-29 19:24:33.662274');
INSERT INTO "buttons" VALUES('lcBWZY1JOiFcmEDiiKpPqQ','ItXQHEbohu88yns3geJ5Hg',58,27,'Ni l''un ni l''autre','deny','{"basis": "neither"}','2026-11-29 19:22:46.712831','2026-11-30 19:22:46.712831','2026-11-29 19:24:33.662274');
INSERT INTO "buttons" VALUES('RoGRRWmSD7jXP1VhKT5DuA','ItXQHEbohu88yns3geJ5Hg',58,27,'Non','deny','{}','2026-11-29 19:22:46.712831','2026-11-30 19:22:46.712831','2026-11-29 19:24:33.662274');
INSERT INTO "buttons" VALUES('zzeHZmA_fgUhhrJ7eAqtKA','sTCOf_25ZUS_YkW0pL2URA',62,29,'Renvoyer un code','inform','{"resend": "1"}','2026-11-29 19:22:47.374630','2026-11-30 19:22:47.374630',NULL);
INSERT INTO "buttons" VALUES('PsyzYhnNU3wlGYAcpFYnlg','sTCOf_25ZUS_YkW0pL2URA',62,29,'Annuler','cancel','{}','2026-11-29 19:22:47.374630','2026-11-30 19:22:47.374630',NULL);
INSERT INTO "buttons" VALUES('OwzST4haMxnSfyYcB5IzoQ','sTCOf_25ZUS_YkW0pL2URA',65,30,'Ajouter un partenaire','add_partner','{}','2026-11-29 19:22:47.767448','2026-11-30 19:22:47.767448',NULL);
INSERT INTO "buttons" VALUES('52QbEpyAfbeRh8q1pJlp8A','sTCOf_25ZUS_YkW0pL2URA',65,30,'Mes dossiers','list_dossiers','{}','2026-11-29 19:22:47.767448','2026-11-30 19:22:47.767448',NULL);
INSERT INTO "buttons" VALUES('3FtpGLSQdvpoiKz-SrfZRA','sTCOf_25ZUS_YkW0pL2URA',65,30,'Nouveau dossier','create_dossier','{}','2026-11-29 19:22:47.767448','2026-11-30 19:22:47.767448',NULL);
INSERT INTO "buttons" VALUES('YcOpp21fhgTsJ94NEq4WYA','sTCOf_25ZUS_YkW0pL2URA',67,31,'Annuler ce changement','manage_notifications','{"undo": "1"}','2026-11-29 19:22:48.262618','2026-11-30 19:22:48.262618',NULL);
INSERT INTO "buttons" VALUES('4EaH5Qv94T0lUYmCNmkwUg','sTCOf_25ZUS_YkW0pL2URA',67,31,'Voir mes réglages','manage_notifications','{"show": "1"}','2026-11-29 19:22:48.262618','2026-11-30 19:22:48.262618',NULL);
INSERT INTO "buttons" VALUES('Ht0IoJQiV-l6JA6Hlv7ROw','sTCOf_25ZUS_YkW0pL2URA',69,32,'Annuler ce changement','manage_notifications','{"undo": "2"}','2026-11-29 19:22:49.018976','2026-11-30 19:22:49.018976',NULL);
INSERT INTO "buttons" VALUES('6c8SMfesN7uefUxFTgEZyg','sTCOf_25ZUS_YkW0pL2URA',69,32,'Voir mes réglages','manage_notifications','{"show": "1"}','2026-11-29 19:22:49.018976','2026-11-30 19:22:49.018976',NULL);
INSERT INTO "buttons" VALUES('SM9cnwTkRZocClvQGA86KQ','sTCOf_25ZUS_YkW0pL2URA',71,33,'Annuler ce changement','manage_notifications','{"undo": "3"}','2026-11-29 19:22:50.438194','2026-11-30 19:22:50.438194',NULL);
INSERT INTO "buttons" VALUES('1QB7tfSgdVYuebA2xxj_dg','sTCOf_25ZUS_YkW0pL2URA',71,33,'Jusqu''à demain 8h','mute_notifications','{"lasting": "day", "dossier_ref": "SPH-2024-000205"}','2026-11-29 19:22:50.438194','2026-11-30 19:22:50.438194',NULL);
INSERT INTO "buttons" VALUES('n-DquS997tneXxxmfUajug','sTCOf_25ZUS_YkW0pL2URA',71,33,'Pendant une semaine','mute_notifications','{"lasting": "week", "dossier_ref": "SPH-2024-000205"}','2026-11-29 19:22:50.438194','2026-11-30 19:22:50.438194',NULL);
INSERT INTO "buttons" VALUES('hZBa2IyHInqj82v4MABALA','sTCOf_25ZUS_YkW0pL2URA',71,33,'Voir mes réglages','manage_notifications','{"show": "1"}','2026-11-29 19:22:50.438194','2026-11-30 19:22:50.438194',NULL);
INSERT INTO "buttons" VALUES('9sbstQ_vrUeobpzC3tA-VA','sTCOf_25ZUS_YkW0pL2URA',73,34,'Un seul résumé à 8h','manage_notifications','{"preset": "digest"}','2026-11-29 19:22:52.628004','2026-11-30 19:22:52.628004',NULL);
INSERT INTO "buttons" VALUES('ZqGVi2PykpcfHO5TOC4oqg','sTCOf_25ZUS_YkW0pL2URA',73,34,'Rien de 19h à 8h','manage_notifications','{"preset": "evenings"}','2026-11-29 19:22:52.628004','2026-11-30 19:22:52.628004',NULL);
INSERT INTO "buttons" VALUES('HaLFzYjs6tIgzcnoNkqoJA','sTCOf_25ZUS_YkW0pL2URA',73,34,'Pas le week-end','manage_notifications','{"preset": "weekends"}','2026-11-29 19:22:52.628004','2026-11-30 19:22:52.628004',NULL);
INSERT INTO "buttons" VALUES('QskHj7A7p2ukqGApqK6b2g','sTCOf_25ZUS_YkW0pL2URA',73,34,'Réactiver','resume_notifications','{}','2026-11-29 19:22:52.628004','2026-11-30 19:22:52.628004',NULL);
INSERT INTO "buttons" VALUES('SnnvaxfeZ7j2TWLbBLL2Gg','91uTW1-pp45MSqDGZ7X8QA',84,40,'Renvoyer un code','inform','{"resend": "1"}','2026-11-29 19:22:59.125870','2026-11-30 19:22:59.125870',NULL);
INSERT INTO "buttons" VALUES('7YLPBOLzTWzC1iAyqRVQsA','91uTW1-pp45MSqDGZ7X8QA',84,40,'Annuler','cancel','{}','2026-11-29 19:22:59.125870','2026-11-30 19:22:59.125870',NULL);
INSERT INTO "buttons" VALUES('FB6TcTTv6I-6n4ostlYSXg','91uTW1-pp45MSqDGZ7X8QA',87,41,'Ajouter un partenaire','add_partner','{}','2026-11-29 19:23:00.542851','2026-11-30 19:23:00.542851',NULL);
INSERT INTO "buttons" VALUES('QmspKL3Kki-p4Ufj0287yQ','91uTW1-pp45MSqDGZ7X8QA',87,41,'Mes dossiers','list_dossiers','{}','2026-11-29 19:23:00.542851','2026-11-30 19:23:00.542851',NULL);
INSERT INTO "buttons" VALUES('BTsYiNqbNkQ-UD5bpHu8Aw','91uTW1-pp45MSqDGZ7X8QA',87,41,'Nouveau dossier','create_dossier','{}','2026-11-29 19:23:00.542851','2026-11-30 19:23:00.542851',NULL);
INSERT INTO "buttons" VALUES('uWI3nMxEjY0jed_tppgBGg','CtJ8A5woexdP0wJdr_pGJg',96,45,'Revenir à l’assistant','support.end','{}','2026-11-29 19:23:06.623493','2026-11-30 19:23:06.623493',NULL);
INSERT INTO "buttons" VALUES('2fBJAzkHrzigj2sRMvnFRg','CtJ8A5woexdP0wJdr_pGJg',101,45,'Très utile','support.rate','{"ticket": 1, "rating": 3}','2026-11-29 19:23:08.464966','2026-11-30 19:23:08.464966','2026-11-29 19:23:08.934764');
INSERT INTO "buttons" VALUES('Yq3JFJVIQmxr64GZp7ApCA','CtJ8A5woexdP0wJdr_pGJg',101,45,'Utile','support.rate','{"ticket": 1, "rating": 2}','2026-11-29 19:23:08.464966','2026-11-30 19:23:08.464966','2026-11-29 19:23:08.934764');
INSERT INTO "buttons" VALUES('SSFxuilyoh7W-Ib6gx1xiA','CtJ8A5woexdP0wJdr_pGJg',101,45,'Pas utile','support.rate','{"ticket": 1, "rating": 1}','2026-11-29 19:23:08.464966','2026-11-30 19:23:08.464966','2026-11-29 19:23:08.934764');
INSERT INTO "buttons" VALUES('ZRZc45J8M4vDBPOjbpG-Og','CtJ8A5woexdP0wJdr_pGJg',101,45,'Rouvrir la discussion','support.reopen','{"ticket": 1}','2026-11-29 19:23:08.464966','2026-11-30 19:23:08.464966','2026-11-29 19:23:08.934764');
INSERT INTO "buttons" VALUES('Q4tGdULAy2wrjMl1L1wdkg','CtJ8A5woexdP0wJdr_pGJg',101,45,'Recevoir la transcription','support.transcript','{"ticket": 1}','2026-11-29 19:23:08.464966','2026-11-30 19:23:08.464966','2026-11-29 19:23:08.934764');
INSERT INTO "buttons" VALUES('eqBJKH7olDe8IEQ3frdNRA','CtJ8A5woexdP0wJdr_pGJg',103,45,'Rouvrir la discussion','support.reopen','{"ticket": 1}','2026-11-29 19:23:08.934764','2026-11-30 19:23:08.934764',NULL);
INSERT INTO "buttons" VALUES('_iHaWSN8WKWYBKW-Y9bfPQ','CtJ8A5woexdP0wJdr_pGJg',103,45,'Recevoir la transcription','support.transcript','{"ticket": 1}','2026-11-29 19:23:08.934764','2026-11-30 19:23:08.934764',NULL);
INSERT INTO "buttons" VALUES('2MBRKNlBzdSAaJ9HIp0tcQ','d70Htisb-UJjM7QJ1UDing',105,49,'Revenir à l’assistant','support.end','{}','2026-11-29 19:23:09.696932','2026-11-30 19:23:09.696932',NULL);
INSERT INTO "buttons" VALUES('zounKxzlNpjkdIbAdBYG8A','d70Htisb-UJjM7QJ1UDing',106,49,'Attendre encore','support.wait','{}','2026-11-29 19:23:10.774270','2026-11-30 19:23:10.774270',NULL);
INSERT INTO "buttons" VALUES('mXtZvEVQI1vOgW2ZAjad9A','d70Htisb-UJjM7QJ1UDing',106,49,'Revenir à l’assistant','support.end','{}','2026-11-29 19:23:10.774270','2026-11-30 19:23:10.774270',NULL);
INSERT INTO "buttons" VALUES('CcpPP9sOC_soxNDMFLLyfQ','d70Htisb-UJjM7QJ1UDing',108,49,'Compléter mon message','support.add','{}','2026-11-29 19:23:11.349080','2026-11-30 19:23:11.349080',NULL);
INSERT INTO "buttons" VALUES('-f0E-RQumssnk5q1SZph6A','IsX95kLC_se1Xt0L3B5e_Q',110,51,'Revenir à l’assistant','support.end','{}','2026-11-29 19:23:12.243042','2026-11-30 19:23:12.243042',NULL);
INSERT INTO "buttons" VALUES('EsXeJg4GC73OHGLieTo7Pw','h71Zw2lQNvWiqm5BVkWfrQ',115,53,'Revenir à l’assistant','support.end','{}','2026-11-29 19:23:15.003890','2026-11-30 19:23:15.003890',NULL);
INSERT INTO "buttons" VALUES('4OUQhm9Kdu1SEA-6-A2TmA','P9Anwv9ZNdMFk_CoPPCeww',118,55,'Revenir à l’assistant','support.end','{}','2026-11-29 19:23:17.855115','2026-11-30 19:23:17.855115',NULL);
INSERT INTO "buttons" VALUES('-atz8z2NdtCuVO1yL-Wl4g','91uTW1-pp45MSqDGZ7X8QA',119,44,'Marquer comme lu','mark_notifications_read','{"message": "2"}','2026-11-29 19:23:22.495887','2026-12-29 19:23:22.495887',NULL);
INSERT INTO "buttons" VALUES('WHv-VXRWgXbUJzCqIhL2Kw','91uTW1-pp45MSqDGZ7X8QA',119,44,'Sourdine','mute_notifications','{"dossier_ref": "SPH-2024-000137"}','2026-11-29 19:23:22.495887','2026-12-29 19:23:22.495887',NULL);
INSERT INTO "buttons" VALUES('VFfEFDlm0YTAQfC_7bazCA','b0eeCdrS91tTDbcatVIrdg',120,23,'Marquer comme lu','mark_notifications_read','{"message": "4"}','2026-11-29 19:23:22.495887','2026-12-29 19:23:22.495887',NULL);
INSERT INTO "buttons" VALUES('Eaysnl_lfUwOIkvt5irj0A','b0eeCdrS91tTDbcatVIrdg',120,23,'Sourdine','mute_notifications','{"dossier_ref": "SPH-2024-000137"}','2026-11-29 19:23:22.495887','2026-12-29 19:23:22.495887',NULL);
INSERT INTO "buttons" VALUES('sqymU4OnGuwUodGVT3ZP1Q','91uTW1-pp45MSqDGZ7X8QA',121,44,'Marquer comme lu','mark_notifications_read','{"message": "3"}','2026-11-29 19:23:22.693558','2026-12-29 19:23:22.693558',NULL);
INSERT INTO "buttons" VALUES('Ma-cqBGpBWFLZ4W5Hga6Ig','91uTW1-pp45MSqDGZ7X8QA',121,44,'Sourdine','mute_notifications','{"dossier_ref": "SPH-2025-000018"}','2026-11-29 19:23:22.693558','2026-12-29 19:23:22.693558',NULL);
INSERT INTO "buttons" VALUES('pToWOzOVJs7Trzn3WMYNdQ','b0eeCdrS91tTDbcatVIrdg',122,23,'Marquer comme lu','mark_notifications_read','{"message": "5"}','2026-11-29 19:23:22.693558','2026-12-29 19:23:22.693558',NULL);
INSERT INTO "buttons" VALUES('O5D2IO5ktOrBcaJbBRLFJQ','b0eeCdrS91tTDbcatVIrdg',122,23,'Sourdine','mute_notifications','{"dossier_ref": "SPH-2025-000018"}','2026-11-29 19:23:22.693558','2026-12-29 19:23:22.693558',NULL);
INSERT INTO "buttons" VALUES('_lSMJhZoL2iApL3GWOaXYA','91uTW1-pp45MSqDGZ7X8QA',123,44,'Marquer comme lu','mark_notifications_read','{"message": "6"}','2026-11-29 19:23:22.857780','2026-12-29 19:23:22.857780',NULL);
INSERT INTO "buttons" VALUES('E498G-_YiJ25VUkSS_izfQ','b0eeCdrS91tTDbcatVIrdg',124,23,'Marquer comme lu','mark_notifications_read','{"message": "7"}','2026-11-29 19:23:22.857780','2026-12-29 19:23:22.857780',NULL);
INSERT INTO "buttons" VALUES('uViwdmXcChpobmk3mYa2XA','2Tz00P6uQSEkhF0bH-OW2A',126,56,'Demander un compte','request_account','{}','2026-11-29 19:24:24.256482','2026-11-30 19:24:24.256482','2026-11-29 19:24:24.880744');
INSERT INTO "buttons" VALUES('VPpLGyRRTLgCCk2IYOGBRA','2Tz00P6uQSEkhF0bH-OW2A',126,56,'Autre personne','choose','{"choice": "other"}','2026-11-29 19:24:24.256482','2026-11-30 19:24:24.256482','2026-11-29 19:24:24.880744');
INSERT INTO "buttons" VALUES('p7I-aZoyZQsWNoIr7sRA5g','2Tz00P6uQSEkhF0bH-OW2A',126,56,'Annuler','cancel','{}','2026-11-29 19:24:24.256482','2026-11-30 19:24:24.256482','2026-11-29 19:24:24.880744');
INSERT INTO "buttons" VALUES('a4P9PnDGqYactsHR60zgXQ','2Tz00P6uQSEkhF0bH-OW2A',128,57,'Mme','inform','{"value": "Mme"}','2026-11-29 19:24:24.880744','2026-11-30 19:24:24.880744','2026-11-29 19:24:25.447240');
INSERT INTO "buttons" VALUES('Rvr-aKUn6qZgl-4BonvRYA','2Tz00P6uQSEkhF0bH-OW2A',128,57,'M.','inform','{"value": "M"}','2026-11-29 19:24:24.880744','2026-11-30 19:24:24.880744','2026-11-29 19:24:25.447240');
INSERT INTO "buttons" VALUES('-0-OL1paVroL5EjrgCxraw','2Tz00P6uQSEkhF0bH-OW2A',128,57,'Dr','inform','{"value": "Dr"}','2026-11-29 19:24:24.880744','2026-11-30 19:24:24.880744','2026-11-29 19:24:25.447240');
INSERT INTO "buttons" VALUES('ca8KZqy3BU5bSLj4HsKaHQ','2Tz00P6uQSEkhF0bH-OW2A',128,57,'Pr','inform','{"value": "Pr"}','2026-11-29 19:24:24.880744','2026-11-30 19:24:24.880744','2026-11-29 19:24:25.447240');
INSERT INTO "buttons" VALUES('bNMD_EZRTR3rlBoUdPl9VA','2Tz00P6uQSEkhF0bH-OW2A',128,57,'Passer','inform','{"skip": "1"}','2026-11-29 19:24:24.880744','2026-11-30 19:24:24.880744','2026-11-29 19:24:25.447240');
INSERT INTO "buttons" VALUES('42uQXX76zpBJRCLT9w250g','2Tz00P6uQSEkhF0bH-OW2A',130,58,'Passer','inform','{"skip": "1"}','2026-11-29 19:24:25.447240','2026-11-30 19:24:25.447240','2026-11-29 19:24:25.870486');
INSERT INTO "buttons" VALUES('aU6F3Z_l4YGuGejNMQeezg','2Tz00P6uQSEkhF0bH-OW2A',132,59,'Libéral','inform','{"value": "lib\u00e9ral"}','2026-11-29 19:24:25.870486','2026-11-30 19:24:25.870486','2026-11-29 19:24:26.385063');
INSERT INTO "buttons" VALUES('qwUvAmboUUB62eqy-m8NzQ','2Tz00P6uQSEkhF0bH-OW2A',132,59,'Salarié','inform','{"value": "salari\u00e9"}','2026-11-29 19:24:25.870486','2026-11-30 19:24:25.870486','2026-11-29 19:24:26.385063');
INSERT INTO "buttons" VALUES('pp0Sf1qvukBw4aZ7PrarnQ','2Tz00P6uQSEkhF0bH-OW2A',132,59,'Bénévole','inform','{"value": "b\u00e9n\u00e9vole"}','2026-11-29 19:24:25.870486','2026-11-30 19:24:25.870486','2026-11-29 19:24:26.385063');
INSERT INTO "buttons" VALUES('i0nnuNEbY29oQQtf1oc3gw','2Tz00P6uQSEkhF0bH-OW2A',132,59,'Passer','inform','{"skip": "1"}','2026-11-29 19:24:25.870486','2026-11-30 19:24:25.870486','2026-11-29 19:24:26.385063');
INSERT INTO "buttons" VALUES('Pig08YOk11VP3qhlO-uFOA','2Tz00P6uQSEkhF0bH-OW2A',134,60,'Passer','inform','{"skip": "1"}','2026-11-29 19:24:26.385063','2026-11-30 19:24:26.385063',NULL);
INSERT INTO "buttons" VALUES('ptHyrTwAhKHq6qcyijrCzw','2Tz00P6uQSEkhF0bH-OW2A',138,62,'Passer','inform','{"skip": "1"}','2026-11-29 19:24:27.484648','2026-11-30 19:24:27.484648',NULL);
INSERT INTO "buttons" VALUES('C7hz7vV_1QiWGRmJhp7FJw','2Tz00P6uQSEkhF0bH-OW2A',140,63,'Même équipe de soins, usager informé','inform','{"basis": "care_team_informed"}','2026-11-29 19:24:28.229440','2026-11-30 19:24:28.229440','2026-11-29 19:24:28.881060');
INSERT INTO "buttons" VALUES('TChzMBcH6lWjEENXh32m8A','2Tz00P6uQSEkhF0bH-OW2A',140,63,'Accord de l''usager recueilli','inform','{"basis": "consent_given"}','2026-11-29 19:24:28.229440','2026-11-30 19:24:28.229440','2026-11-29 19:24:28.881060');
INSERT INTO "buttons" VALUES('VaIoTfCCxymMEq1n7mjL0Q','2Tz00P6uQSEkhF0bH-OW2A',140,63,'Ni l''un ni l''autre','inform','{"basis": "neither"}','2026-11-29 19:24:28.229440','2026-11-30 19:24:28.229440','2026-11-29 19:24:28.881060');
INSERT INTO "buttons" VALUES('WUY1c3YrpAlRf9h4FubwwA','2Tz00P6uQSEkhF0bH-OW2A',142,64,'Envoyer la demande','affirm','{}','2026-11-29 19:24:28.881060','2026-11-30 19:24:28.881060','2026-11-29 19:24:30.044187');
INSERT INTO "buttons" VALUES('z9nzaxotTYedHpC7OXQxbA','2Tz00P6uQSEkhF0bH-OW2A',142,64,'Corriger','correct','{}','2026-11-29 19:24:28.881060','2026-11-30 19:24:28.881060','2026-11-29 19:24:30.044187');
INSERT INTO "buttons" VALUES('MbMegyGZcfz3FzQ5zUMeBw','2Tz00P6uQSEkhF0bH-OW2A',142,64,'Ne pas envoyer','deny','{}','2026-11-29 19:24:28.881060','2026-11-30 19:24:28.881060','2026-11-29 19:24:30.044187');
INSERT INTO "buttons" VALUES('nVLsYe7qtfJtsseXicc1NQ','MSZCrtGKxS02kGL9RYymgA',150,68,'Renvoyer un code','inform','{"resend": "1"}','2026-11-29 19:24:34.109467','2026-11-30 19:24:34.109467',NULL);
INSERT INTO "buttons" VALUES('dgBEzWX2F87vk5MotwQa1Q','MSZCrtGKxS02kGL9RYymgA',150,68,'Annuler','cancel','{}','2026-11-29 19:24:34.109467','2026-11-30 19:24:34.109467',NULL);
INSERT INTO "buttons" VALUES('-3vrKiHz0vtnC_GlBq0XJw','91uTW1-pp45MSqDGZ7X8QA',159,44,'Marquer comme lu','mark_notifications_read','{"message": "8"}','2026-11-29 19:24:35.910306','2026-12-29 19:24:35.910306',NULL);
INSERT INTO "buttons" VALUES('snvpiszsT1mfxIRCJCustQ','91uTW1-pp45MSqDGZ7X8QA',159,44,'Sourdine','mute_notifications','{"dossier_ref": "SPH-2024-000137"}','2026-11-29 19:24:35.910306','2026-12-29 19:24:35.910306',NULL);
INSERT INTO "buttons" VALUES('cCsRU2omHLYYPvvZAdbolA','b0eeCdrS91tTDbcatVIrdg',160,23,'Marquer comme lu','mark_notifications_read','{"message": "10"}','2026-11-29 19:24:35.910306','2026-12-29 19:24:35.910306',NULL);
INSERT INTO "buttons" VALUES('pJOn_ziVrIEMh0EQcFff7A','b0eeCdrS91tTDbcatVIrdg',160,23,'Sourdine','mute_notifications','{"dossier_ref": "SPH-2024-000137"}','2026-11-29 19:24:35.910306','2026-12-29 19:24:35.910306',NULL);
INSERT INTO "buttons" VALUES('q3cW5bv7Fp-wW7BlTTWA_w','91uTW1-pp45MSqDGZ7X8QA',161,44,'Marquer comme lu','mark_notifications_read','{"message": "9"}','2026-11-29 19:24:35.984125','2026-12-29 19:24:35.984125',NULL);
INSERT INTO "buttons" VALUES('cLOitBhZkA1zR-_p4FkMEA','91uTW1-pp45MSqDGZ7X8QA',161,44,'Sourdine','mute_notifications','{"dossier_ref": "SPH-2025-000018"}','2026-11-29 19:24:35.984125','2026-12-29 19:24:35.984125',NULL);
INSERT INTO "buttons" VALUES('7B5pLP4gzf0Npz6_HpLguQ','b0eeCdrS91tTDbcatVIrdg',162,23,'Marquer comme lu','mark_notifications_read','{"message": "11"}','2026-11-29 19:24:35.984125','2026-12-29 19:24:35.984125',NULL);
INSERT INTO "buttons" VALUES('Pr6_4ESWFg51aqPZ6lz_zw','b0eeCdrS91tTDbcatVIrdg',162,23,'Sourdine','mute_notifications','{"dossier_ref": "SPH-2025-000018"}','2026-11-29 19:24:35.984125','2026-12-29 19:24:35.984125',NULL);
CREATE TABLE chat_links (
	conversation_id VARCHAR(32) NOT NULL, 
	account_id VARCHAR(64) NOT NULL, 
	linked_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_chat_links PRIMARY KEY (conversation_id)
);
INSERT INTO "chat_links" VALUES('-V6Nzp-LnPzFNFvdQykQvA','124f3e8d-2d39-5721-ad31-4b42006117b8','2026-11-29 19:22:28.072541','2027-02-27 19:22:28.072541');
INSERT INTO "chat_links" VALUES('2Tz00P6uQSEkhF0bH-OW2A','124f3e8d-2d39-5721-ad31-4b42006117b8','2026-11-29 19:22:30.738580','2027-02-27 19:22:30.738580');
INSERT INTO "chat_links" VALUES('b0eeCdrS91tTDbcatVIrdg','124f3e8d-2d39-5721-ad31-4b42006117b8','2026-11-29 19:22:39.383947','2027-02-27 19:22:39.383947');
INSERT INTO "chat_links" VALUES('ItXQHEbohu88yns3geJ5Hg','b443ceca-147d-5cab-b42c-bf216e55661f','2026-11-29 19:22:45.743801','2027-02-27 19:22:45.743801');
INSERT INTO "chat_links" VALUES('sTCOf_25ZUS_YkW0pL2URA','b443ceca-147d-5cab-b42c-bf216e55661f','2026-11-29 19:22:47.659454','2027-02-27 19:22:47.659454');
INSERT INTO "chat_links" VALUES('91uTW1-pp45MSqDGZ7X8QA','124f3e8d-2d39-5721-ad31-4b42006117b8','2026-11-29 19:23:00.256504','2027-02-27 19:23:00.256504');
CREATE TABLE continuations (
	token VARCHAR(64) NOT NULL, 
	conversation_id VARCHAR(32) NOT NULL, 
	expires_at DATETIME NOT NULL, 
	session VARCHAR(64), 
	session_until DATETIME, 
	CONSTRAINT pk_continuations PRIMARY KEY (token), 
	CONSTRAINT uq_continuations_session UNIQUE (session)
);
INSERT INTO "continuations" VALUES('c38cfefa0cb566e1efc8d96852c85641282bbb4f1a6fd633add435a40133eb1d','91uTW1-pp45MSqDGZ7X8QA','2026-11-29 19:33:01.273687','6afde0bfc2711361b33192097a93518a57d6c343f693b4553179b88220fa949e','2026-11-29 20:23:01.798682');
INSERT INTO "continuations" VALUES('c9778503cecbf80a643b3b9e244018ed647539c25805acfeebc1d68dfd8df789','91uTW1-pp45MSqDGZ7X8QA','2026-11-29 19:36:08.349435',NULL,NULL);
CREATE TABLE conversations (
	id VARCHAR(32) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	address VARCHAR(128) NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, reference JSON DEFAULT '{}' NOT NULL, closed_at DATETIME, 
	CONSTRAINT pk_conversations PRIMARY KEY (id), 
	CONSTRAINT uq_conversations_channel_address UNIQUE (channel, address)
);
INSERT INTO "conversations" VALUES('-V6Nzp-LnPzFNFvdQykQvA','web','43a09aab6638c7f7889a90b67dc33e573244a80d35b5c6ca9f62537ef2336868','2026-11-29 19:22:23.990978','2026-11-29 19:22:24.104058','{}',NULL);
INSERT INTO "conversations" VALUES('2Tz00P6uQSEkhF0bH-OW2A','web','cc3076b75adbfcc650458a4e303b02697e7cc20bd90d6605f45f956bcd2c4ef8','2026-11-29 19:22:29.073684','2026-11-29 19:24:23.669658','{}',NULL);
INSERT INTO "conversations" VALUES('b0eeCdrS91tTDbcatVIrdg','web','7335a7043bd2adcb483e7a4a07186ac65b51b5572a0f16e68fe26530a4c93411','2026-11-29 19:22:36.728431','2026-11-29 19:24:34.506486','{}',NULL);
INSERT INTO "conversations" VALUES('ItXQHEbohu88yns3geJ5Hg','web','f859fef5e2b6fe84bc8d08fa32a36658cc1506f76bf3b3f196e4af4af32ee485','2026-11-29 19:22:43.154538','2026-11-29 19:24:33.125465','{}',NULL);
INSERT INTO "conversations" VALUES('sTCOf_25ZUS_YkW0pL2URA','web','25119ada4e103187aba4b6bc45536d5db490cf7fa4f2300ab6177af05f4375a9','2026-11-29 19:22:46.777792','2026-11-29 19:24:34.360588','{}',NULL);
INSERT INTO "conversations" VALUES('MSZCrtGKxS02kGL9RYymgA','web','dc2de10bc86c0423abb63576b257692d4ddd4988e24b56a1ba8733cd2fe4dab7','2026-11-29 19:22:53.486240','2026-11-29 19:24:30.079510','{}',NULL);
INSERT INTO "conversations" VALUES('J6LVzxRpCeCzyWul8ozTRg','teams','7edd89bb55ce5270a7f1b50b0244ae0f5c8f6b9ffd77d169d160799a16d453a9','2026-11-29 19:22:53.960220','2026-11-29 19:22:54.003938','{"conversation": "a:kPwyF9HfHHcH8qSxPd9pv7ow-x2wOehQe1rR0F4IKymWNDe064uEgLYp2PyX8QjXnWPDznkgJ_SWUNv-KwIeCg", "service_url": "http://127.0.0.1:31258/emea/", "tenant": "3d9b1e57-6c24-4f8a-a1d0-2b7f4c8e9a13", "bot": "28:8f2c7a4e-1b6d-4d0a-9c35-5e0a7d1b2f60", "user": "29:nhNgbGHxMDEfILxZdJEFA0-6mZ2_p69oyZ05lPl9Qjw0RE0Hdqo_qXXdLP0ZPgE1WTJl5l1siEZKx-T7vRVk-Q", "aad_object_id": "9eeba2d1-302f-425b-87c3-d273d11c3e3a", "channel_id": "msteams", "conversation_type": "personal", "locale": "fr-FR"}',NULL);
INSERT INTO "conversations" VALUES('5sd2Sbsh2NuGvHjFNj8pDA','telegram','5001','2026-11-29 19:22:55.991552','2026-11-29 19:22:56.154316','{}','2026-11-29 19:22:57.180633');
INSERT INTO "conversations" VALUES('91uTW1-pp45MSqDGZ7X8QA','telegram','5002','2026-11-29 19:22:57.556285','2026-11-29 19:24:34.703908','{}',NULL);
INSERT INTO "conversations" VALUES('CtJ8A5woexdP0wJdr_pGJg','web','a36acc3bf6df7b28e123d2e95e3acf108e15839feed3b82cb22a581936b71d56','2026-11-29 19:23:06.263346','2026-11-29 19:23:06.290578','{}',NULL);
INSERT INTO "conversations" VALUES('d70Htisb-UJjM7QJ1UDing','web','975a9de080d4ad1944a4d1ea79c2c99f72080356d5694311e291b4e64698d36e','2026-11-29 19:23:09.166547','2026-11-29 19:23:09.262722','{}',NULL);
INSERT INTO "conversations" VALUES('IsX95kLC_se1Xt0L3B5e_Q','web','400e7f7d2c50cabbf86c58edd25852e7e27c11f359b4123b8e041603926d6fa5','2026-11-29 19:23:11.537130','2026-11-29 19:24:35.106113','{}',NULL);
INSERT INTO "conversations" VALUES('h71Zw2lQNvWiqm5BVkWfrQ','telegram','5003','2026-11-29 19:23:14.337992','2026-11-29 19:24:35.054854','{}',NULL);
INSERT INTO "conversations" VALUES('P9Anwv9ZNdMFk_CoPPCeww','web','6c830bfca2c3b2e2985df6f3f6d2e78ed95ef50b71ec426953cdb2f623ffce24','2026-11-29 19:23:17.070306','2026-11-29 19:23:17.281367','{}',NULL);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	source VARCHAR(300) NOT NULL, 
	event_id VARCHAR(200) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	subject VARCHAR(64), 
	occurred_at DATETIME, 
	received_at DATETIME NOT NULL, 
	data JSON NOT NULL, fanned_out_at DATETIME, fan_out_after DATETIME, fan_out_attempts INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (id), 
	CONSTRAINT uq_events_source_event_id UNIQUE (source, event_id)
);
INSERT INTO "events" VALUES(1,'urn:sphere:sandbox','3a3f93bb-18d4-4f4c-9091-5549ccd5e3cd','access.granted','SPH-2024-000137',NULL,'2026-11-29 19:22:43.470381','{"author": "124f3e8d-2d39-5721-ad31-4b42006117b8", "recipients": ["ef7d2ff6-9e86-5775-995f-5f9ee4148c52"]}','2026-11-29 19:22:43.649387','2026-11-29 19:22:58.504513',0);
INSERT INTO "events" VALUES(2,'urn:sphere:sandbox','45cafb4e-4e9a-4e4d-8f50-b035949b91ff','team.joined','SPH-2024-000137',NULL,'2026-11-29 19:22:43.536886','{"author": "124f3e8d-2d39-5721-ad31-4b42006117b8", "recipients": ["3e6df25e-0624-5cd6-aed7-c458dacdf446", "a72c2bbb-3940-5fe8-8a5e-531eb7aef6e6"]}','2026-11-29 19:22:44.308510','2026-11-29 19:22:59.193721',0);
INSERT INTO "events" VALUES(3,'urn:sphere:upgrade','upgrade-1','document.added','SPH-2024-000205','2026-11-29 19:22:49.046569','2026-11-29 19:22:49.054966','{"recipients": ["b443ceca-147d-5cab-b42c-bf216e55661f"]}','2026-11-29 19:22:49.137559','2026-11-29 19:23:04.084862',0);
INSERT INTO "events" VALUES(4,'urn:sphere:upgrade','upgrade-2','document.added','SPH-2024-000137','2026-11-29 19:23:19.469125','2026-11-29 19:23:19.477494','{"author": "b443ceca-147d-5cab-b42c-bf216e55661f", "recipients": ["124f3e8d-2d39-5721-ad31-4b42006117b8"], "title": "Ordonnance"}','2026-11-29 19:23:21.429623','2026-11-29 19:23:34.633498',0);
INSERT INTO "events" VALUES(5,'urn:sphere:upgrade','upgrade-3','message.received','SPH-2025-000018','2026-11-29 19:23:19.635503','2026-11-29 19:23:19.652197','{"recipients": ["124f3e8d-2d39-5721-ad31-4b42006117b8"]}','2026-11-29 19:23:21.429623','2026-11-29 19:23:34.633498',0);
INSERT INTO "events" VALUES(6,'urn:sphere:upgrade','upgrade-4','service.notice',NULL,'2026-11-29 19:23:19.708965','2026-11-29 19:23:19.741554','{"recipients": ["124f3e8d-2d39-5721-ad31-4b42006117b8"], "title": "Maintenance dimanche"}','2026-11-29 19:23:22.557677','2026-11-29 19:23:37.328571',0);
INSERT INTO "events" VALUES(7,'urn:sphere:upgrade','upgrade-5','service.notice',NULL,'2026-11-29 19:23:21.373057','2026-11-29 19:23:21.388554','{"recipients": ["b443ceca-147d-5cab-b42c-bf216e55661f"], "title": "Nouveau guide", "url": "http://127.0.0.1:8700/chat"}','2026-11-29 19:23:22.557677','2026-11-29 19:23:37.328571',0);
INSERT INTO "events" VALUES(8,'urn:sphere:upgrade','upgrade-6','account.updated','b443ceca-147d-5cab-b42c-bf216e55661f','2026-11-29 19:23:21.488782','2026-11-29 19:23:21.503023','{}','2026-11-29 19:23:22.557677','2026-11-29 19:23:37.328571',0);
INSERT INTO "events" VALUES(9,'urn:sphere:upgrade','upgrade-7','document.added','SPH-2024-000205','2026-11-29 19:23:21.836200','2026-11-29 19:23:21.857453','{"recipients": ["b443ceca-147d-5cab-b42c-bf216e55661f"], "title": "Note de liaison"}','2026-11-29 19:23:22.557677','2026-11-29 19:23:37.328571',0);
INSERT INTO "events" VALUES(10,'urn:sphere:upgrade','upgrade-8','document.added','SPH-2024-000137','2026-11-29 19:24:35.703183','2026-11-29 19:24:35.710829','{"author": "b443ceca-147d-5cab-b42c-bf216e55661f", "recipients": ["124f3e8d-2d39-5721-ad31-4b42006117b8", "3e6df25e-0624-5cd6-aed7-c458dacdf446"]}','2026-11-29 19:24:35.824466','2026-11-29 19:24:50.729488',0);
INSERT INTO "events" VALUES(11,'urn:sphere:upgrade','upgrade-9','appointment.set','SPH-2025-000018','2026-11-29 19:24:35.733699','2026-11-29 19:24:35.736611','{"recipients": ["124f3e8d-2d39-5721-ad31-4b42006117b8"]}','2026-11-29 19:24:35.824466','2026-11-29 19:24:50.729488',0);
INSERT INTO "events" VALUES(12,'urn:sphere:upgrade','upgrade-10','note.added','SPH-2024-000137','2026-11-29 19:24:36.062711','2026-11-29 19:24:36.074321','{"author": "b443ceca-147d-5cab-b42c-bf216e55661f", "recipients": ["124f3e8d-2d39-5721-ad31-4b42006117b8"]}','2026-11-29 19:24:36.174090','2026-11-29 19:24:51.091252',0);
INSERT INTO "events" VALUES(13,'urn:sphere:upgrade','upgrade-11','message.received','SPH-2025-000018','2026-11-29 19:24:36.380799','2026-11-29 19:24:36.384812','{}',NULL,'2026-11-29 19:24:38.992555',1);
CREATE TABLE "inbox" (
	id INTEGER NOT NULL, 
	conversation_id VARCHAR(32) NOT NULL, 
	client_id VARCHAR(128) NOT NULL, 
	text TEXT, 
	button VARCHAR(128), 
	state VARCHAR(16) NOT NULL, 
	received_at DATETIME NOT NULL, 
	holder VARCHAR(160), 
	lease_until DATETIME, 
	attempts INTEGER NOT NULL, 
	delivered BOOLEAN NOT NULL, 
	done_at DATETIME, 
	error_id VARCHAR(16), 
	channel VARCHAR(16) DEFAULT 'web' NOT NULL, 
	sealed BOOLEAN DEFAULT 0 NOT NULL, 
	event VARCHAR(16), 
	sent_id VARCHAR(128), intent VARCHAR(100), 
	CONSTRAINT pk_inbox PRIMARY KEY (id), 
	CONSTRAINT fk_inbox_conversation_id_conversations FOREIGN KEY(conversation_id) REFERENCES conversations (id), 
	CONSTRAINT uq_inbox_conversation_id_client_id UNIQUE (conversation_id, client_id)
);
INSERT INTO "inbox" VALUES(1,'-V6Nzp-LnPzFNFvdQykQvA','b73c5738-fd75-49dd-a99d-ce34f6eea823','je veux m''identifier',NULL,'done','2026-11-29 19:22:24.104058','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:26.758788',NULL,'web',0,NULL,NULL,'link_account');
INSERT INTO "inbox" VALUES(2,'-V6Nzp-LnPzFNFvdQykQvA','976201a0-7b1a-435f-b099-adfaf0ecd93b','claire.moreau@sphere.example',NULL,'done','2026-11-29 19:22:26.827071','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:27.347292',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(3,'-V6Nzp-LnPzFNFvdQykQvA','08cddf32-083e-4913-a7fd-7047d8454d10','582813',NULL,'done','2026-11-29 19:22:27.779305','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:28.320260',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(4,'-V6Nzp-LnPzFNFvdQykQvA','771c45c3-1126-4ec2-94ff-3016b3ac25f4','ajoute Sophie Leroux, assistante sociale à Châteauroux, au dossier SPH-2024-000137',NULL,'done','2026-11-29 19:22:28.398776','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:29.042402',NULL,'web',0,NULL,NULL,'add_partner');
INSERT INTO "inbox" VALUES(5,'2Tz00P6uQSEkhF0bH-OW2A','2591f235-6ac2-420a-89d2-8035696ba417','je veux m''identifier',NULL,'done','2026-11-29 19:22:29.124007','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:29.530826',NULL,'web',0,NULL,NULL,'link_account');
INSERT INTO "inbox" VALUES(6,'2Tz00P6uQSEkhF0bH-OW2A','e6683fe8-7ed9-4cfa-be19-d06107d0403c','claire.moreau@sphere.example',NULL,'done','2026-11-29 19:22:29.545906','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:29.860940',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(7,'2Tz00P6uQSEkhF0bH-OW2A','feaf8eac-3781-420d-943b-60ff6b16516e','940096',NULL,'done','2026-11-29 19:22:30.359075','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:30.996080',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(8,'2Tz00P6uQSEkhF0bH-OW2A','92927be8-7290-4f8f-8220-7fdf272cd98a','ajoute Odile Wernert, orthophoniste à Amboise, au dossier SPH-2024-000137',NULL,'done','2026-11-29 19:22:31.184756','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:31.992284',NULL,'web',0,NULL,NULL,'add_partner');
INSERT INTO "inbox" VALUES(9,'2Tz00P6uQSEkhF0bH-OW2A','676cffb0-dbfb-4be5-8e84-2eb00011a9a3',NULL,'EQxVsCJFo6loOyxDgXertg','done','2026-11-29 19:22:32.136258','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:32.681816',NULL,'web',0,NULL,NULL,'choose');
INSERT INTO "inbox" VALUES(10,'2Tz00P6uQSEkhF0bH-OW2A','b6fcc207-da37-49b0-a172-60d7592e3081',NULL,'u5TKa2jOwN7p0p0hkA5sZQ','done','2026-11-29 19:22:32.820360','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:33.421210',NULL,'web',0,NULL,NULL,'request_account');
INSERT INTO "inbox" VALUES(11,'2Tz00P6uQSEkhF0bH-OW2A','4bfa1365-d499-4bc8-9803-2c6ffadc5ac3','Mme',NULL,'done','2026-11-29 19:22:33.559334','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:33.844962',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(12,'2Tz00P6uQSEkhF0bH-OW2A','7354222d-9f3c-489b-9580-cd13be3ed095','passer',NULL,'done','2026-11-29 19:22:33.980368','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:34.178813',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(13,'2Tz00P6uQSEkhF0bH-OW2A','21e564ae-62fd-4490-8ecb-4caa592bee3e','Libéral',NULL,'done','2026-11-29 19:22:34.252641','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:34.486012',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(14,'2Tz00P6uQSEkhF0bH-OW2A','01fec1a3-d02c-4c47-9c83-45cc1b5015b0','Cabinet des Tanneurs',NULL,'done','2026-11-29 19:22:34.514395','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:34.768673',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(15,'2Tz00P6uQSEkhF0bH-OW2A','409baf9a-3e8e-4f1d-8391-618541432948','odile.wernert@soins-vierzon.example',NULL,'done','2026-11-29 19:22:34.795751','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:35.255876',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(16,'2Tz00P6uQSEkhF0bH-OW2A','6a8749a9-ae2c-4645-94ed-bef324c416c4','02 47 57 00 11',NULL,'done','2026-11-29 19:22:35.352664','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:35.668036',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(17,'2Tz00P6uQSEkhF0bH-OW2A','16cbc3f9-97de-41c9-9e70-8cba4a4b3622',NULL,'_WmJJ-KBDABsSgdnq60eqg','done','2026-11-29 19:22:35.694343','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:35.983336',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(18,'2Tz00P6uQSEkhF0bH-OW2A','fee8f727-c079-4ffc-8376-e82e38d2ece3',NULL,'BAWtPp7GrJ_Wo0xoAxQlvg','done','2026-11-29 19:22:36.000350','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:36.673751',NULL,'web',0,NULL,NULL,'affirm');
INSERT INTO "inbox" VALUES(19,'b0eeCdrS91tTDbcatVIrdg','0a50d146-f10b-461c-a5c3-1c6b50216b1f','je veux m''identifier',NULL,'done','2026-11-29 19:22:37.179267','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:37.842713',NULL,'web',0,NULL,NULL,'link_account');
INSERT INTO "inbox" VALUES(20,'b0eeCdrS91tTDbcatVIrdg','03659cae-d4c1-4d38-ac83-707dae29cc15','claire.moreau@sphere.example',NULL,'done','2026-11-29 19:22:37.924976','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:38.475362',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(21,'b0eeCdrS91tTDbcatVIrdg','6a11e317-4154-47a7-89f3-b70e62ca67a8','757138',NULL,'done','2026-11-29 19:22:39.083440','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:40.969123',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(22,'b0eeCdrS91tTDbcatVIrdg','6055d153-7af9-412c-a71f-09bab33e491c','ajoute Paul Martin, kiné à Vierzon, au dossier SPH-2024-000137',NULL,'done','2026-11-29 19:22:41.063022','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:41.918970',NULL,'web',0,NULL,NULL,'add_partner');
INSERT INTO "inbox" VALUES(23,'b0eeCdrS91tTDbcatVIrdg','3a599704-3895-4fbf-a173-c2ca63167b3e',NULL,'6-RSGQu0ED7GBV4IuSoqZg','done','2026-11-29 19:22:42.016901','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:42.955707',NULL,'web',0,NULL,NULL,'affirm');
INSERT INTO "inbox" VALUES(24,'ItXQHEbohu88yns3geJ5Hg','fe5fc1e5-a8fd-41e0-a273-8d35c23e5423','je veux m''identifier',NULL,'done','2026-11-29 19:22:43.502513','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:44.004157',NULL,'web',0,NULL,NULL,'link_account');
INSERT INTO "inbox" VALUES(25,'ItXQHEbohu88yns3geJ5Hg','8edf81dd-3411-42c0-b017-18c8fd9471bc','karim.benali@sphere.example',NULL,'done','2026-11-29 19:22:44.231699','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:44.914700',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(26,'ItXQHEbohu88yns3geJ5Hg','fb01b0c6-5e55-4c41-a8a7-e77c122c3ed9','088136',NULL,'done','2026-11-29 19:22:45.458481','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:45.986723',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(27,'ItXQHEbohu88yns3geJ5Hg','30ecd249-8a83-4dcb-a46f-096374cf8687','ajoute Sophie Leroux, assistante sociale à Châteauroux, au dossier SPH-2024-000205',NULL,'done','2026-11-29 19:22:46.088540','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:46.712831',NULL,'web',0,NULL,NULL,'add_partner');
INSERT INTO "inbox" VALUES(28,'sTCOf_25ZUS_YkW0pL2URA','a0bde2d4-6273-4cb3-b844-40deb923a451','je veux m''identifier',NULL,'done','2026-11-29 19:22:46.804499','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:47.114668',NULL,'web',0,NULL,NULL,'link_account');
INSERT INTO "inbox" VALUES(29,'sTCOf_25ZUS_YkW0pL2URA','f24e74fd-a05f-43ae-8e0e-2d83f3b89bf0','karim.benali@sphere.example',NULL,'done','2026-11-29 19:22:47.132492','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:47.374630',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(30,'sTCOf_25ZUS_YkW0pL2URA','8e19c617-0ec7-4683-aed8-880e8f5f3331','152239',NULL,'done','2026-11-29 19:22:47.468396','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:47.767448',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(31,'sTCOf_25ZUS_YkW0pL2URA','4a9d1ee2-ef43-4264-bb24-c854327d988b','résumé à 8h et 14h par mail',NULL,'done','2026-11-29 19:22:47.853867','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:48.262618',NULL,'web',0,NULL,NULL,'manage_notifications');
INSERT INTO "inbox" VALUES(32,'sTCOf_25ZUS_YkW0pL2URA','742d373b-de38-4b39-a07b-cd91655ba1f7','jamais entre 20h et 7h',NULL,'done','2026-11-29 19:22:48.282536','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:49.018976',NULL,'web',0,NULL,NULL,'manage_notifications');
INSERT INTO "inbox" VALUES(33,'sTCOf_25ZUS_YkW0pL2URA','7122693f-c308-4fdc-9550-e5a333c4417d','mets le dossier SPH-2024-000205 en sourdine',NULL,'done','2026-11-29 19:22:49.897179','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:50.438194',NULL,'web',0,NULL,NULL,'mute_notifications');
INSERT INTO "inbox" VALUES(34,'sTCOf_25ZUS_YkW0pL2URA','322dddd4-59d9-4ffe-9980-0354cc98bdcf','comment sont réglées mes notifications ?',NULL,'done','2026-11-29 19:22:52.037615','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:52.628004',NULL,'web',0,NULL,NULL,'manage_notifications');
INSERT INTO "inbox" VALUES(35,'MSZCrtGKxS02kGL9RYymgA','15ddc885-971e-4869-978c-fbb8d490ca0d','c''est quoi le ROR ?',NULL,'done','2026-11-29 19:22:53.503655','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:53.662927',NULL,'web',0,NULL,NULL,'faq');
INSERT INTO "inbox" VALUES(36,'J6LVzxRpCeCzyWul8ozTRg','w:2026-11-29T19:0',NULL,NULL,'done','2026-11-29 19:22:54.003938','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:54.254178',NULL,'teams',0,'welcome',NULL,'greet');
INSERT INTO "inbox" VALUES(37,'J6LVzxRpCeCzyWul8ozTRg','a:1795980174608',NULL,NULL,'done','2026-11-29 19:22:54.658911','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:54.948976',NULL,'teams',1,NULL,NULL,'greet');
INSERT INTO "inbox" VALUES(38,'5sd2Sbsh2NuGvHjFNj8pDA','u1001',NULL,NULL,'done','2026-11-29 19:22:56.154316','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:56.474986',NULL,'telegram',1,NULL,'1','greet');
INSERT INTO "inbox" VALUES(39,'91uTW1-pp45MSqDGZ7X8QA','u1003',NULL,NULL,'done','2026-11-29 19:22:57.608124','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:58.113833',NULL,'telegram',1,NULL,'1','link_account');
INSERT INTO "inbox" VALUES(40,'91uTW1-pp45MSqDGZ7X8QA','u1004',NULL,NULL,'done','2026-11-29 19:22:58.813324','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:22:59.125870',NULL,'telegram',1,NULL,'3','inform');
INSERT INTO "inbox" VALUES(41,'91uTW1-pp45MSqDGZ7X8QA','u1005',NULL,NULL,'done','2026-11-29 19:23:00.114434','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:23:00.542851',NULL,'telegram',1,NULL,'5','inform');
INSERT INTO "inbox" VALUES(42,'91uTW1-pp45MSqDGZ7X8QA','u1006',NULL,NULL,'done','2026-11-29 19:23:01.074213','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:23:01.410422',NULL,'telegram',1,NULL,'8','create_dossier');
INSERT INTO "inbox" VALUES(43,'91uTW1-pp45MSqDGZ7X8QA','continued:c38cfefa0cb566e1efc8d96852c85641282bbb4f1a6fd633add435a40133eb1d',NULL,NULL,'done','2026-11-29 19:23:01.807592','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:23:01.978304',NULL,'web',0,'continued',NULL,'repeat');
INSERT INTO "inbox" VALUES(44,'91uTW1-pp45MSqDGZ7X8QA','3c7cff0a-84de-46d0-94ca-93e4a9d93b98','laisse tomber',NULL,'done','2026-11-29 19:23:02.108579','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:23:02.446630',NULL,'web',0,NULL,NULL,'cancel');
INSERT INTO "inbox" VALUES(45,'CtJ8A5woexdP0wJdr_pGJg','8f662953-e7c5-4eec-8139-fb14dfb47044','je veux parler à quelqu''un de l''équipe',NULL,'done','2026-11-29 19:23:06.290578','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:23:06.623493',NULL,'web',0,NULL,NULL,'contact_support');
INSERT INTO "inbox" VALUES(46,'CtJ8A5woexdP0wJdr_pGJg','1e3e97ae-e97d-417e-a86e-f7bc509f4e65','Je n''arrive pas à ouvrir mon espace.',NULL,'done','2026-11-29 19:23:06.684333','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,0,'2026-11-29 19:23:06.816261',NULL,'web',0,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(47,'CtJ8A5woexdP0wJdr_pGJg','f58f514f-a9f4-4004-bbcf-86006a5c11fe','ça marche, merci',NULL,'done','2026-11-29 19:23:08.146386','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,0,'2026-11-29 19:23:08.270198',NULL,'web',0,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(48,'CtJ8A5woexdP0wJdr_pGJg','1d84ee40-aaf4-4645-bc42-de8ac36ab326',NULL,'2fBJAzkHrzigj2sRMvnFRg','done','2026-11-29 19:23:08.776635','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,0,'2026-11-29 19:23:08.934764',NULL,'web',0,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(49,'d70Htisb-UJjM7QJ1UDing','820ef283-34ce-4f2f-89d6-7f8bc8b85e8f','je veux parler à quelqu''un de l''équipe',NULL,'done','2026-11-29 19:23:09.262722','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:23:09.696932',NULL,'web',0,NULL,NULL,'contact_support');
INSERT INTO "inbox" VALUES(50,'d70Htisb-UJjM7QJ1UDing','7f1986b2-7701-40bd-987c-5a3bc830991d','Merci de me rappeler au sujet de mon compte.',NULL,'done','2026-11-29 19:23:11.158813','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,0,'2026-11-29 19:23:11.349080',NULL,'web',0,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(51,'IsX95kLC_se1Xt0L3B5e_Q','00936014-6833-4ec1-b1e8-10e5a4d63179','je veux parler à quelqu''un de l''équipe',NULL,'done','2026-11-29 19:23:11.651751','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:23:12.243042',NULL,'web',0,NULL,NULL,'contact_support');
INSERT INTO "inbox" VALUES(52,'IsX95kLC_se1Xt0L3B5e_Q','c7ec25ff-c97e-419b-b602-bf60c28a62d2','Je ne vois plus mes dossiers.',NULL,'done','2026-11-29 19:23:12.518355','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,0,'2026-11-29 19:23:12.727830',NULL,'web',0,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(53,'h71Zw2lQNvWiqm5BVkWfrQ','u1008',NULL,NULL,'done','2026-11-29 19:23:14.516092','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:23:15.003890',NULL,'telegram',1,NULL,'1','contact_support');
INSERT INTO "inbox" VALUES(54,'h71Zw2lQNvWiqm5BVkWfrQ','u1009',NULL,NULL,'done','2026-11-29 19:23:16.303852','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,0,'2026-11-29 19:23:16.678577',NULL,'telegram',1,NULL,'3',NULL);
INSERT INTO "inbox" VALUES(55,'P9Anwv9ZNdMFk_CoPPCeww','dbe1ff24-7f93-42ac-a925-e902811ae9bd','je veux parler à quelqu''un de l''équipe',NULL,'done','2026-11-29 19:23:17.281367','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:23:17.855115',NULL,'web',0,NULL,NULL,'contact_support');
INSERT INTO "inbox" VALUES(56,'2Tz00P6uQSEkhF0bH-OW2A','e88574cf-9146-4823-9368-ae5d6bccc972','ajoute Zoé Zwartkowski, orthophoniste à Amboise, au dossier SPH-2024-000137',NULL,'done','2026-11-29 19:24:23.669658','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:24.256482',NULL,'web',0,NULL,NULL,'add_partner');
INSERT INTO "inbox" VALUES(57,'2Tz00P6uQSEkhF0bH-OW2A','b7184929-3e6a-40aa-969a-1f5b86bce306',NULL,'uViwdmXcChpobmk3mYa2XA','done','2026-11-29 19:24:24.284623','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:24.880744',NULL,'web',0,NULL,NULL,'request_account');
INSERT INTO "inbox" VALUES(58,'2Tz00P6uQSEkhF0bH-OW2A','1600070f-2015-4dfd-97b5-123368e4a32a','Mme',NULL,'done','2026-11-29 19:24:24.977432','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:25.447240',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(59,'2Tz00P6uQSEkhF0bH-OW2A','4d97a74d-98ab-4e02-b642-1a7cf9efb4e0','passer',NULL,'done','2026-11-29 19:24:25.491306','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:25.870486',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(60,'2Tz00P6uQSEkhF0bH-OW2A','6d1eb86a-b2eb-41f7-9d73-807a064a1652','Libéral',NULL,'done','2026-11-29 19:24:25.987366','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:26.385063',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(61,'2Tz00P6uQSEkhF0bH-OW2A','f8183af7-6643-496d-8885-28d72d21ddeb','Cabinet des Tanneurs',NULL,'done','2026-11-29 19:24:26.405040','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:26.893583',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(62,'2Tz00P6uQSEkhF0bH-OW2A','db04b0e4-6550-4f7b-8823-96682213a733','zoe.zwartkowski@ortho-amboise.example',NULL,'done','2026-11-29 19:24:26.968882','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:27.484648',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(63,'2Tz00P6uQSEkhF0bH-OW2A','f93d1462-3600-4974-b50a-89b43e38f18e','02 47 57 00 11',NULL,'done','2026-11-29 19:24:27.581884','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:28.229440',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(64,'2Tz00P6uQSEkhF0bH-OW2A','02bc9190-37e7-4a48-b1d9-e4e6fd5df580',NULL,'C7hz7vV_1QiWGRmJhp7FJw','done','2026-11-29 19:24:28.270193','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:28.881060',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(65,'2Tz00P6uQSEkhF0bH-OW2A','cc43b0a8-e233-45dc-b63f-763eb30c9648',NULL,'WUY1c3YrpAlRf9h4FubwwA','done','2026-11-29 19:24:29.072016','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:30.044187',NULL,'web',0,NULL,NULL,'affirm');
INSERT INTO "inbox" VALUES(66,'MSZCrtGKxS02kGL9RYymgA','dab5c8a3-e40f-401b-a325-23f4b9cd6358','je veux m''identifier',NULL,'done','2026-11-29 19:24:30.079510','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:30.530384',NULL,'web',0,NULL,NULL,'link_account');
INSERT INTO "inbox" VALUES(67,'ItXQHEbohu88yns3geJ5Hg','23b60f6d-d624-4674-9471-21e5b09e75e2',NULL,'_5Ncse9VwHfoPFmxeFBziw','done','2026-11-29 19:24:33.125465','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:33.662274',NULL,'web',0,NULL,NULL,'affirm');
INSERT INTO "inbox" VALUES(68,'MSZCrtGKxS02kGL9RYymgA','f8863ae9-24b8-41a8-8fb3-64d236caf7b7','sophie.leroux@sphere.example',NULL,'done','2026-11-29 19:24:33.680445','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,1,'2026-11-29 19:24:34.109467',NULL,'web',0,NULL,NULL,'inform');
INSERT INTO "inbox" VALUES(69,'sTCOf_25ZUS_YkW0pL2URA','127b5e52-61ca-457a-aa09-6c0430ff504d','qui suit le dossier SPH-2024-000205 ?',NULL,'received','2026-11-29 19:24:34.360588','poste-de-demonstration|18829|1795980094.52|d1726ae5','2026-11-29 19:24:54.360588',1,0,NULL,NULL,'web',0,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(70,'sTCOf_25ZUS_YkW0pL2URA','c9450e7b-edfb-4d31-b73e-8925fe2e3237','merci beaucoup',NULL,'received','2026-11-29 19:24:34.441150',NULL,NULL,0,0,NULL,NULL,'web',0,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(71,'b0eeCdrS91tTDbcatVIrdg','2ac81ef0-c271-46da-821c-ebf843f1ca88',NULL,'Msjkp0Lm5NGd-vroY4YpfA','received','2026-11-29 19:24:34.506486','poste-de-demonstration|18829|1795980094.52|d1726ae5','2026-11-29 19:24:54.506486',1,0,NULL,NULL,'web',0,NULL,NULL,NULL);
INSERT INTO "inbox" VALUES(72,'91uTW1-pp45MSqDGZ7X8QA','u1010','gAAAAABrDHvy8J95fLL0RHeUdxgbdDrJKpcvU8PBNhMQ_PO1jCCAECh1d0NjEP0spIIxoW8cjHW78dxu8hjkPZpNc5u5KD16zCCCaWqoTm40LVmKU60vp6dAu9W1EpWBbZNmMohyhNb6',NULL,'received','2026-11-29 19:24:34.703908','poste-de-demonstration|18829|1795980094.52|d1726ae5','2026-11-29 19:24:54.703908',1,0,NULL,NULL,'telegram',1,NULL,'14',NULL);
INSERT INTO "inbox" VALUES(73,'91uTW1-pp45MSqDGZ7X8QA','u1011','gAAAAABrDHvyru8RMbBc1DTa2SPzzqhzq-j5KV6qfQuKRlXtUAXatwlLhMzFELCe40eVNrvHq6Wz7tByr8-Nuc-x8yu6Y9_VfMFysmZLLGt3R3NOCDcOuAE=',NULL,'received','2026-11-29 19:24:34.883704',NULL,NULL,0,0,NULL,NULL,'telegram',1,NULL,'15',NULL);
INSERT INTO "inbox" VALUES(74,'h71Zw2lQNvWiqm5BVkWfrQ','u1012','gAAAAABrDHvzHlGpO-0yCNINNWgchcJyINj-fR9fAANjbCz4Swsr-lHWyM2bXGWLwUc-cvLPCds2U3gcqxyPBzib1kfKs-p-CSsdTg1nVlhoGCCs8rWWdUQ=',NULL,'received','2026-11-29 19:24:35.054854','poste-de-demonstration|18829|1795980094.52|d1726ae5','2026-11-29 19:24:55.054854',1,0,NULL,NULL,'telegram',1,NULL,'4',NULL);
INSERT INTO "inbox" VALUES(75,'IsX95kLC_se1Xt0L3B5e_Q','9b82ba50-325b-4b87-adf6-765768638df6','Vous avez trouvé ?',NULL,'done','2026-11-29 19:24:35.106113','poste-de-demonstration|18829|1795980094.52|d1726ae5',NULL,1,0,'2026-11-29 19:24:35.226740',NULL,'web',0,NULL,NULL,NULL);
CREATE TABLE link_tokens (
	token_hash VARCHAR(64) NOT NULL, 
	account_id VARCHAR(64) NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_by VARCHAR(32), 
	CONSTRAINT pk_link_tokens PRIMARY KEY (token_hash)
);
INSERT INTO "link_tokens" VALUES('620ccc198c8d029004e2102378094d64cedfe4a049f6f20f722b78e46c5f9ade','27a808af-ce91-55ef-8e9d-4e7842010bc7','2026-12-06 19:26:08.288900',NULL);
CREATE TABLE login_codes (
	conversation_id VARCHAR(32) NOT NULL, 
	account_id VARCHAR(64), 
	guard VARCHAR(80) NOT NULL, 
	code_hash VARCHAR(64) NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_login_codes PRIMARY KEY (conversation_id)
);
INSERT INTO "login_codes" VALUES('MSZCrtGKxS02kGL9RYymgA','27a808af-ce91-55ef-8e9d-4e7842010bc7','account:df26287ad27521881cf21e3c582fd7adbaeaa9a37238ad4944746a38be4d5eec','56fbffbb00f16eb4a7707576b7e502f05efbb9a579c9df3f3e9ad4234e2e815c','2026-11-29 19:34:33.921328');
CREATE TABLE login_guards (
	subject VARCHAR(80) NOT NULL, 
	failures INTEGER NOT NULL, 
	failures_since DATETIME, 
	sent INTEGER NOT NULL, 
	sent_since DATETIME, 
	locked_until DATETIME, 
	touched_at DATETIME NOT NULL, 
	CONSTRAINT pk_login_guards PRIMARY KEY (subject)
);
INSERT INTO "login_guards" VALUES('account:29cc468fb6e7936f4239f68ebee5044691eb8a4aedcde983e960c5c7c0f4278c',0,NULL,0,NULL,NULL,'2026-11-29 19:23:00.256504');
INSERT INTO "login_guards" VALUES('chat:-V6Nzp-LnPzFNFvdQykQvA',0,NULL,1,'2026-11-29 19:22:27.083484',NULL,'2026-11-29 19:22:28.044562');
INSERT INTO "login_guards" VALUES('chat:2Tz00P6uQSEkhF0bH-OW2A',0,NULL,1,'2026-11-29 19:22:29.672214',NULL,'2026-11-29 19:22:30.686476');
INSERT INTO "login_guards" VALUES('chat:b0eeCdrS91tTDbcatVIrdg',0,NULL,1,'2026-11-29 19:22:38.202036',NULL,'2026-11-29 19:22:39.339510');
INSERT INTO "login_guards" VALUES('account:abd7dfeb063a5e433f0a78ae14556c5ea218704725a1a6def08362514dc58a5a',0,NULL,0,NULL,NULL,'2026-11-29 19:22:47.659454');
INSERT INTO "login_guards" VALUES('chat:ItXQHEbohu88yns3geJ5Hg',0,NULL,1,'2026-11-29 19:22:44.657350',NULL,'2026-11-29 19:22:45.698065');
INSERT INTO "login_guards" VALUES('chat:sTCOf_25ZUS_YkW0pL2URA',0,NULL,1,'2026-11-29 19:22:47.275135',NULL,'2026-11-29 19:22:47.631387');
INSERT INTO "login_guards" VALUES('chat:91uTW1-pp45MSqDGZ7X8QA',0,NULL,1,'2026-11-29 19:22:58.996814',NULL,'2026-11-29 19:23:00.244635');
INSERT INTO "login_guards" VALUES('desk:d01ef7113360cee6811fe1873bd18dbd02e5234554a9b5b13770655edf3c5beb',0,NULL,0,NULL,NULL,'2026-11-29 19:23:03.570953');
INSERT INTO "login_guards" VALUES('desk:dd08df6154a44c6d493a2101b9fa6f39fc8dd957e09c3651dbd2cd5fb2aedb5d',0,NULL,0,NULL,NULL,'2026-11-29 19:23:05.876456');
INSERT INTO "login_guards" VALUES('account:df26287ad27521881cf21e3c582fd7adbaeaa9a37238ad4944746a38be4d5eec',0,NULL,1,'2026-11-29 19:24:33.890019',NULL,'2026-11-29 19:24:33.890019');
INSERT INTO "login_guards" VALUES('chat:MSZCrtGKxS02kGL9RYymgA',0,NULL,1,'2026-11-29 19:24:33.890019',NULL,'2026-11-29 19:24:33.890019');
CREATE TABLE messages (
	id INTEGER NOT NULL, 
	conversation_id VARCHAR(32) NOT NULL, 
	turn INTEGER, 
	at DATETIME NOT NULL, 
	author VARCHAR(16) NOT NULL, 
	agent VARCHAR(100), 
	text TEXT NOT NULL, 
	buttons JSON NOT NULL, 
	link JSON, 
	client_id VARCHAR(128), 
	"key" VARCHAR(200), channel VARCHAR(16) DEFAULT 'web' NOT NULL, sent JSON, erased_at DATETIME, 
	CONSTRAINT pk_messages PRIMARY KEY (id), 
	CONSTRAINT fk_messages_conversation_id_conversations FOREIGN KEY(conversation_id) REFERENCES conversations (id), 
	CONSTRAINT uq_messages_key UNIQUE ("key")
);
INSERT INTO "messages" VALUES(1,'-V6Nzp-LnPzFNFvdQykQvA',1,'2026-11-29 19:22:24.104058','user',NULL,'je veux m''identifier','[]','null','b73c5738-fd75-49dd-a99d-ce34f6eea823',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(2,'-V6Nzp-LnPzFNFvdQykQvA',1,'2026-11-29 19:22:26.758788','assistant',NULL,'Quelle est votre adresse e-mail professionnelle, celle de votre compte SPHERE ?','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(3,'-V6Nzp-LnPzFNFvdQykQvA',2,'2026-11-29 19:22:26.827071','user',NULL,'claire.moreau@sphere.example','[]','null','976201a0-7b1a-435f-b099-adfaf0ecd93b',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(4,'-V6Nzp-LnPzFNFvdQykQvA',2,'2026-11-29 19:22:27.347292','assistant',NULL,'Si cette adresse est celle d''un compte SPHERE, un code à 6 chiffres y est envoyé, valable 10 minutes. Tapez-le ici.','[{"title": "Renvoyer un code", "token": "lI39Iy-hnE5Y5gA1NyevJQ"}, {"title": "Annuler", "token": "1YA-XWenBmt1BXKocG13Kg"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(5,'-V6Nzp-LnPzFNFvdQykQvA',3,'2026-11-29 19:22:27.779305','user',NULL,'582813','[]','null','08cddf32-083e-4913-a7fd-7047d8454d10',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(6,'-V6Nzp-LnPzFNFvdQykQvA',3,'2026-11-29 19:22:28.320260','assistant',NULL,'C''est fait : cette conversation est reliée au compte SPHERE de Claire Moreau, pour 90 jours.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(7,'-V6Nzp-LnPzFNFvdQykQvA',3,'2026-11-29 19:22:28.320260','assistant',NULL,'Que voulez-vous faire ?','[{"title": "Ajouter un partenaire", "token": "yEzDSA_JHy-Jc9mpvlee5g"}, {"title": "Mes dossiers", "token": "aQWkp7ljzw-4Wa5NCN3jSQ"}, {"title": "Nouveau dossier", "token": "3bqwbUfOqfb8Pz0oKOtZNg"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(8,'-V6Nzp-LnPzFNFvdQykQvA',4,'2026-11-29 19:22:28.398776','user',NULL,'ajoute Sophie Leroux, assistante sociale à Châteauroux, au dossier SPH-2024-000137','[]','null','771c45c3-1126-4ec2-94ff-3016b3ac25f4',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(9,'-V6Nzp-LnPzFNFvdQykQvA',4,'2026-11-29 19:22:29.042402','assistant',NULL,'Mme Sophie Leroux – Assistant de service social – CCAS de Châteauroux, Châteauroux
Dossier : SPH-2024-000137 – Jeanne Durand (12/03/1948)

Cette personne a déjà un compte d''accès, voulez-vous lui donner accès à ce dossier ?','[{"title": "Oui\u00a0: m\u00eame \u00e9quipe de soins, usager inform\u00e9", "token": "aVT-oaPHBp3UQSk08ckAXA"}, {"title": "Oui\u00a0: accord de l''usager recueilli", "token": "a4m9cm0pW7642RvkffZBag"}, {"title": "Ni l''un ni l''autre", "token": "OHtJtF00FrbftpZI-dO_XA"}, {"title": "Non", "token": "EGcgkdI90-eC_Rs4BQjkqw"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(10,'2Tz00P6uQSEkhF0bH-OW2A',5,'2026-11-29 19:22:29.124007','user',NULL,'je veux m''identifier','[]','null','2591f235-6ac2-420a-89d2-8035696ba417',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(11,'2Tz00P6uQSEkhF0bH-OW2A',5,'2026-11-29 19:22:29.530826','assistant',NULL,'Quelle est votre adresse e-mail professionnelle, celle de votre compte SPHERE ?','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(12,'2Tz00P6uQSEkhF0bH-OW2A',6,'2026-11-29 19:22:29.545906','user',NULL,'claire.moreau@sphere.example','[]','null','e6683fe8-7ed9-4cfa-be19-d06107d0403c',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(13,'2Tz00P6uQSEkhF0bH-OW2A',6,'2026-11-29 19:22:29.860940','assistant',NULL,'Si cette adresse est celle d''un compte SPHERE, un code à 6 chiffres y est envoyé, valable 10 minutes. Tapez-le ici.','[{"title": "Renvoyer un code", "token": "uKhhbb_yD2nF7PSDchJLGw"}, {"title": "Annuler", "token": "EHF95abWYBL9x9whPbXxUA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(14,'2Tz00P6uQSEkhF0bH-OW2A',7,'2026-11-29 19:22:30.359075','user',NULL,'940096','[]','null','feaf8eac-3781-420d-943b-60ff6b16516e',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(15,'2Tz00P6uQSEkhF0bH-OW2A',7,'2026-11-29 19:22:30.996080','assistant',NULL,'C''est fait : cette conversation est reliée au compte SPHERE de Claire Moreau, pour 90 jours.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(16,'2Tz00P6uQSEkhF0bH-OW2A',7,'2026-11-29 19:22:30.996080','assistant',NULL,'Que voulez-vous faire ?','[{"title": "Ajouter un partenaire", "token": "ktxoeEVRhKNaORo72DO2jg"}, {"title": "Mes dossiers", "token": "yRtNBng7UnphTsQJ06bMOA"}, {"title": "Nouveau dossier", "token": "CBVNLc11iwfEM5f8wCe_BA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(17,'2Tz00P6uQSEkhF0bH-OW2A',8,'2026-11-29 19:22:31.184756','user',NULL,'ajoute Odile Wernert, orthophoniste à Amboise, au dossier SPH-2024-000137','[]','null','92927be8-7290-4f8f-8220-7fdf272cd98a',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(18,'2Tz00P6uQSEkhF0bH-OW2A',8,'2026-11-29 19:22:31.992284','assistant',NULL,'Personne ne correspond à tout ce que vous dites. Est-ce une de ces personnes ?','[{"title": "Dr Arnaude Mernerd \u2013 Chirurgien-Dentiste \u2013 Cabinet dentaire des Vignes, Saint-Jean-de-Braye", "token": "arKc5uHDdxiMtFd6rLp4Bw"}, {"title": "Autre personne", "token": "KZEkTwLd4Lf4fRxL55UgbQ"}, {"title": "Personne ne correspond", "token": "EQxVsCJFo6loOyxDgXertg"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(19,'2Tz00P6uQSEkhF0bH-OW2A',9,'2026-11-29 19:22:32.136258','user',NULL,'Personne ne correspond','[]','null','676cffb0-dbfb-4be5-8e84-2eb00011a9a3',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(20,'2Tz00P6uQSEkhF0bH-OW2A',9,'2026-11-29 19:22:32.681816','assistant',NULL,'D''accord, ce n''est aucune de ces personnes. Vous pouvez chercher un autre nom, ou demander un compte en remplissant la fiche annuaire.','[{"title": "Demander un compte", "token": "u5TKa2jOwN7p0p0hkA5sZQ"}, {"title": "Autre personne", "token": "RovV9lDvHHUUGEEspXlalw"}, {"title": "Annuler", "token": "5zZPJhA1QXJB6jdxaB3yOA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(21,'2Tz00P6uQSEkhF0bH-OW2A',10,'2026-11-29 19:22:32.820360','user',NULL,'Demander un compte','[]','null','b6fcc207-da37-49b0-a172-60d7592e3081',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(22,'2Tz00P6uQSEkhF0bH-OW2A',10,'2026-11-29 19:22:33.421210','assistant',NULL,'Quelle est sa civilité ?','[{"title": "Mme", "token": "w7CBYfut854HEtWtN6l29A"}, {"title": "M.", "token": "grQHT4grdOR_IHMPyeEraQ"}, {"title": "Dr", "token": "MdPXH_yR5ArEZz8tnBLluQ"}, {"title": "Pr", "token": "08GpfzeH8FDcaLORlvL85w"}, {"title": "Passer", "token": "mcsmYWsosuHhjo91mN4M0w"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(23,'2Tz00P6uQSEkhF0bH-OW2A',11,'2026-11-29 19:22:33.559334','user',NULL,'Mme','[]','null','4bfa1365-d499-4bc8-9803-2c6ffadc5ac3',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(24,'2Tz00P6uQSEkhF0bH-OW2A',11,'2026-11-29 19:22:33.844962','assistant',NULL,'Quel est son numéro RPPS (11 chiffres) ou ADELI (9 chiffres) ?','[{"title": "Passer", "token": "lZWB_JkEpp7QSPMBSelj0g"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(25,'2Tz00P6uQSEkhF0bH-OW2A',12,'2026-11-29 19:22:33.980368','user',NULL,'Passer','[]','null','7354222d-9f3c-489b-9580-cd13be3ed095',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(26,'2Tz00P6uQSEkhF0bH-OW2A',12,'2026-11-29 19:22:34.178813','assistant',NULL,'Comment exerce-t-elle ?','[{"title": "Lib\u00e9ral", "token": "xkAf-Go3sa5MXL-JUHbbLQ"}, {"title": "Salari\u00e9", "token": "fTRVZ96kbI2CVxiNux-4ng"}, {"title": "B\u00e9n\u00e9vole", "token": "BuaCWvlt1GuJ1IjF21OcJA"}, {"title": "Passer", "token": "npoiznAvlHFeWh7FanvMOg"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(27,'2Tz00P6uQSEkhF0bH-OW2A',13,'2026-11-29 19:22:34.252641','user',NULL,'Libéral','[]','null','21e564ae-62fd-4490-8ecb-4caa592bee3e',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(28,'2Tz00P6uQSEkhF0bH-OW2A',13,'2026-11-29 19:22:34.486012','assistant',NULL,'Dans quelle structure travaille-t-elle (cabinet, EHPAD, SSIAD…) ?','[{"title": "Passer", "token": "5OL7r956LDJ81zv2fGmwow"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(29,'2Tz00P6uQSEkhF0bH-OW2A',14,'2026-11-29 19:22:34.514395','user',NULL,'Cabinet des Tanneurs','[]','null','01fec1a3-d02c-4c47-9c83-45cc1b5015b0',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(30,'2Tz00P6uQSEkhF0bH-OW2A',14,'2026-11-29 19:22:34.768673','assistant',NULL,'Quelle est son adresse e-mail professionnelle ? Ses codes y seront envoyés.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(31,'2Tz00P6uQSEkhF0bH-OW2A',15,'2026-11-29 19:22:34.795751','user',NULL,'odile.wernert@soins-vierzon.example','[]','null','409baf9a-3e8e-4f1d-8391-618541432948',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(32,'2Tz00P6uQSEkhF0bH-OW2A',15,'2026-11-29 19:22:35.255876','assistant',NULL,'Quel est son numéro de téléphone professionnel ?','[{"title": "Passer", "token": "e_JW_ubk4r50OJv-Di43uw"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(33,'2Tz00P6uQSEkhF0bH-OW2A',16,'2026-11-29 19:22:35.352664','user',NULL,'02 47 57 00 11','[]','null','6a8749a9-ae2c-4645-94ed-bef324c416c4',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(34,'2Tz00P6uQSEkhF0bH-OW2A',16,'2026-11-29 19:22:35.668036','assistant',NULL,'Sur quelle base donner à Odile Wernert l''accès au dossier SPH-2024-000137 ?','[{"title": "M\u00eame \u00e9quipe de soins, usager inform\u00e9", "token": "_WmJJ-KBDABsSgdnq60eqg"}, {"title": "Accord de l''usager recueilli", "token": "0UX6hWwc6Bq3nZLAs79_HQ"}, {"title": "Ni l''un ni l''autre", "token": "2av0iXQZkFfsurxA1wYk4w"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(35,'2Tz00P6uQSEkhF0bH-OW2A',17,'2026-11-29 19:22:35.694343','user',NULL,'Même équipe de soins, usager informé','[]','null','16cbc3f9-97de-41c9-9e70-8cba4a4b3622',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(36,'2Tz00P6uQSEkhF0bH-OW2A',17,'2026-11-29 19:22:35.983336','assistant',NULL,'Fiche annuaire
• Civilité : Mme
• Prénom : Odile
• Nom : Wernert
• Profession : Orthophoniste
• Exercice : libéral
• Structure : Cabinet des Tanneurs
• Ville : Amboise
• E-mail : odile.wernert@soins-vierzon.example
• Téléphone : 02 47 57 00 11
Dossier : SPH-2024-000137, accès donné dès que le compte sera créé.

Voulez-vous envoyer cette demande de compte à l''équipe SPHERE ?','[{"title": "Envoyer la demande", "token": "BAWtPp7GrJ_Wo0xoAxQlvg"}, {"title": "Corriger", "token": "knr_wkd57ZOuA--cchpgSw"}, {"title": "Ne pas envoyer", "token": "kPeq33Ac-AXHkKSZHuP5mA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(37,'2Tz00P6uQSEkhF0bH-OW2A',18,'2026-11-29 19:22:36.000350','user',NULL,'Envoyer la demande','[]','null','fee8f727-c079-4ffc-8376-e82e38d2ece3',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(38,'2Tz00P6uQSEkhF0bH-OW2A',18,'2026-11-29 19:22:36.673751','assistant',NULL,'C''est fait : la demande de compte DC-2026-000001 pour Odile Wernert est envoyée à l''équipe SPHERE. Ses codes lui parviendront par e-mail, et l''accès au dossier SPH-2024-000137 lui sera donné sans autre démarche. Je vous préviens ici.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(39,'b0eeCdrS91tTDbcatVIrdg',19,'2026-11-29 19:22:37.179267','user',NULL,'je veux m''identifier','[]','null','0a50d146-f10b-461c-a5c3-1c6b50216b1f',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(40,'b0eeCdrS91tTDbcatVIrdg',19,'2026-11-29 19:22:37.842713','assistant',NULL,'Quelle est votre adresse e-mail professionnelle, celle de votre compte SPHERE ?','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(41,'b0eeCdrS91tTDbcatVIrdg',20,'2026-11-29 19:22:37.924976','user',NULL,'claire.moreau@sphere.example','[]','null','03659cae-d4c1-4d38-ac83-707dae29cc15',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(42,'b0eeCdrS91tTDbcatVIrdg',20,'2026-11-29 19:22:38.475362','assistant',NULL,'Si cette adresse est celle d''un compte SPHERE, un code à 6 chiffres y est envoyé, valable 10 minutes. Tapez-le ici.','[{"title": "Renvoyer un code", "token": "b-GAPeW2QM5taNhKT-FOGA"}, {"title": "Annuler", "token": "xH6qrA0rCKQov8uFeojcYA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(43,'b0eeCdrS91tTDbcatVIrdg',21,'2026-11-29 19:22:39.083440','user',NULL,'757138','[]','null','6a11e317-4154-47a7-89f3-b70e62ca67a8',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(44,'b0eeCdrS91tTDbcatVIrdg',21,'2026-11-29 19:22:40.969123','assistant',NULL,'C''est fait : cette conversation est reliée au compte SPHERE de Claire Moreau, pour 90 jours.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(45,'b0eeCdrS91tTDbcatVIrdg',21,'2026-11-29 19:22:40.969123','assistant',NULL,'Que voulez-vous faire ?','[{"title": "Ajouter un partenaire", "token": "JGa1cACIJ4TWIids62MlXw"}, {"title": "Mes dossiers", "token": "JRubFmZYXoYT2IxcR6RBDg"}, {"title": "Nouveau dossier", "token": "0rK_PdBbjsRIkyAakspGNA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(46,'b0eeCdrS91tTDbcatVIrdg',22,'2026-11-29 19:22:41.063022','user',NULL,'ajoute Paul Martin, kiné à Vierzon, au dossier SPH-2024-000137','[]','null','6055d153-7af9-412c-a71f-09bab33e491c',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(47,'b0eeCdrS91tTDbcatVIrdg',22,'2026-11-29 19:22:41.918970','assistant',NULL,'M. Paul Martin – Masseur-Kinésithérapeute – Cabinet de kinésithérapie du Cher, Vierzon
Dossier : SPH-2024-000137 – Jeanne Durand (12/03/1948)

Cette personne a déjà un compte d''accès, voulez-vous lui donner accès à ce dossier ?','[{"title": "Oui\u00a0: m\u00eame \u00e9quipe de soins, usager inform\u00e9", "token": "6-RSGQu0ED7GBV4IuSoqZg"}, {"title": "Oui\u00a0: accord de l''usager recueilli", "token": "jSvdZSgxREzMzH0bwIwaKw"}, {"title": "Ni l''un ni l''autre", "token": "sEk8UGQEJER1WfBVxSY5ww"}, {"title": "Non", "token": "4Rlx_8Cx9cwMRxi3IMJfdw"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(48,'b0eeCdrS91tTDbcatVIrdg',23,'2026-11-29 19:22:42.016901','user',NULL,'Oui : même équipe de soins, usager informé','[]','null','3a599704-3895-4fbf-a173-c2ca63167b3e',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(49,'b0eeCdrS91tTDbcatVIrdg',23,'2026-11-29 19:22:42.955707','assistant',NULL,'C''est fait : M. Paul Martin a maintenant accès au dossier SPH-2024-000137.','[{"title": "Ajouter quelqu''un d''autre", "token": "pPacMSJ2hYGpr8rScISjMw"}, {"title": "Voir les partenaires", "token": "Msjkp0Lm5NGd-vroY4YpfA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(50,'ItXQHEbohu88yns3geJ5Hg',24,'2026-11-29 19:22:43.502513','user',NULL,'je veux m''identifier','[]','null','fe5fc1e5-a8fd-41e0-a273-8d35c23e5423',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(51,'ItXQHEbohu88yns3geJ5Hg',24,'2026-11-29 19:22:44.004157','assistant',NULL,'Quelle est votre adresse e-mail professionnelle, celle de votre compte SPHERE ?','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(52,'ItXQHEbohu88yns3geJ5Hg',25,'2026-11-29 19:22:44.231699','user',NULL,'karim.benali@sphere.example','[]','null','8edf81dd-3411-42c0-b017-18c8fd9471bc',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(53,'ItXQHEbohu88yns3geJ5Hg',25,'2026-11-29 19:22:44.914700','assistant',NULL,'Si cette adresse est celle d''un compte SPHERE, un code à 6 chiffres y est envoyé, valable 10 minutes. Tapez-le ici.','[{"title": "Renvoyer un code", "token": "WJVpF_bpVTyYcieXcli-YA"}, {"title": "Annuler", "token": "-QCiuCmQ7oOLAW7UWt5jPg"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(54,'ItXQHEbohu88yns3geJ5Hg',26,'2026-11-29 19:22:45.458481','user',NULL,'088136','[]','null','fb01b0c6-5e55-4c41-a8a7-e77c122c3ed9',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(55,'ItXQHEbohu88yns3geJ5Hg',26,'2026-11-29 19:22:45.986723','assistant',NULL,'C''est fait : cette conversation est reliée au compte SPHERE de Karim Benali, pour 90 jours.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(56,'ItXQHEbohu88yns3geJ5Hg',26,'2026-11-29 19:22:45.986723','assistant',NULL,'Que voulez-vous faire ?','[{"title": "Ajouter un partenaire", "token": "A0qv1pZZv77jbiMibBlKng"}, {"title": "Mes dossiers", "token": "FtfA8M8ipXqYD1TR650HtQ"}, {"title": "Nouveau dossier", "token": "dLeaaDNZJftRmiZhQAr00w"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(57,'ItXQHEbohu88yns3geJ5Hg',27,'2026-11-29 19:22:46.088540','user',NULL,'ajoute Sophie Leroux, assistante sociale à Châteauroux, au dossier SPH-2024-000205','[]','null','30ecd249-8a83-4dcb-a46f-096374cf8687',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(58,'ItXQHEbohu88yns3geJ5Hg',27,'2026-11-29 19:22:46.712831','assistant',NULL,'Mme Sophie Leroux – Assistant de service social – CCAS de Châteauroux, Châteauroux
Dossier : SPH-2024-000205 – Robert Fontaine (30/05/1951)

Cette personne a déjà un compte d''accès, voulez-vous lui donner accès à ce dossier ?','[{"title": "Oui\u00a0: m\u00eame \u00e9quipe de soins, usager inform\u00e9", "token": "_5Ncse9VwHfoPFmxeFBziw"}, {"title": "Oui\u00a0: accord de l''usager recueilli", "token": "C24k6B-bTvO-mI364VDzRw"}, {"title": "Ni l''un ni l''autre", "token": "lcBWZY1JOiFcmEDiiKpPqQ"}, {"title": "Non", "token": "RoGRRWmSD7jXP1VhKT5DuA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(59,'sTCOf_25ZUS_YkW0pL2URA',28,'2026-11-29 19:22:46.804499','user',NULL,'je veux m''identifier','[]','null','a0bde2d4-6273-4cb3-b844-40deb923a451',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(60,'sTCOf_25ZUS_YkW0pL2URA',28,'2026-11-29 19:22:47.114668','assistant',NULL,'Quelle est votre adresse e-mail professionnelle, celle de votre compte SPHERE ?','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(61,'sTCOf_25ZUS_YkW0pL2URA',29,'2026-11-29 19:22:47.132492','user',NULL,'karim.benali@sphere.example','[]','null','f24e74fd-a05f-43ae-8e0e-2d83f3b89bf0',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(62,'sTCOf_25ZUS_YkW0pL2URA',29,'2026-11-29 19:22:47.374630','assistant',NULL,'Si cette adresse est celle d''un compte SPHERE, un code à 6 chiffres y est envoyé, valable 10 minutes. Tapez-le ici.','[{"title": "Renvoyer un code", "token": "zzeHZmA_fgUhhrJ7eAqtKA"}, {"title": "Annuler", "token": "PsyzYhnNU3wlGYAcpFYnlg"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(63,'sTCOf_25ZUS_YkW0pL2URA',30,'2026-11-29 19:22:47.468396','user',NULL,'152239','[]','null','8e19c617-0ec7-4683-aed8-880e8f5f3331',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(64,'sTCOf_25ZUS_YkW0pL2URA',30,'2026-11-29 19:22:47.767448','assistant',NULL,'C''est fait : cette conversation est reliée au compte SPHERE de Karim Benali, pour 90 jours.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(65,'sTCOf_25ZUS_YkW0pL2URA',30,'2026-11-29 19:22:47.767448','assistant',NULL,'Que voulez-vous faire ?','[{"title": "Ajouter un partenaire", "token": "OwzST4haMxnSfyYcB5IzoQ"}, {"title": "Mes dossiers", "token": "52QbEpyAfbeRh8q1pJlp8A"}, {"title": "Nouveau dossier", "token": "3FtpGLSQdvpoiKz-SrfZRA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(66,'sTCOf_25ZUS_YkW0pL2URA',31,'2026-11-29 19:22:47.853867','user',NULL,'résumé à 8h et 14h par mail','[]','null','4a9d1ee2-ef43-4264-bb24-c854327d988b',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(67,'sTCOf_25ZUS_YkW0pL2URA',31,'2026-11-29 19:22:48.262618','assistant',NULL,'C''est réglé :
• En résumé par e-mail : tout
• Résumés : à 8h et 14h, tous les jours
Prochain résumé demain à 8h.','[{"title": "Annuler ce changement", "token": "YcOpp21fhgTsJ94NEq4WYA"}, {"title": "Voir mes r\u00e9glages", "token": "4EaH5Qv94T0lUYmCNmkwUg"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(68,'sTCOf_25ZUS_YkW0pL2URA',32,'2026-11-29 19:22:48.282536','user',NULL,'jamais entre 20h et 7h','[]','null','742d373b-de38-4b39-a07b-cd91655ba1f7',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(69,'sTCOf_25ZUS_YkW0pL2URA',32,'2026-11-29 19:22:49.018976','assistant',NULL,'C''est réglé :
• Heures calmes : de 20h à 7h, tous les jours. Ce qui arrive alors attend, sauf urgence
Heures calmes en ce moment, jusqu''à demain à 7h : seules les urgences passent. Prochain résumé demain à 8h.','[{"title": "Annuler ce changement", "token": "Ht0IoJQiV-l6JA6Hlv7ROw"}, {"title": "Voir mes r\u00e9glages", "token": "6c8SMfesN7uefUxFTgEZyg"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(70,'sTCOf_25ZUS_YkW0pL2URA',33,'2026-11-29 19:22:49.897179','user',NULL,'mets le dossier SPH-2024-000205 en sourdine','[]','null','7122693f-c308-4fdc-9550-e5a333c4417d',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(71,'sTCOf_25ZUS_YkW0pL2URA',33,'2026-11-29 19:22:50.438194','assistant',NULL,'C''est réglé :
• En sourdine : dossier SPH-2024-000205, jusqu''à nouvel ordre
Heures calmes en ce moment, jusqu''à demain à 7h : seules les urgences passent. Prochain résumé demain à 8h.','[{"title": "Annuler ce changement", "token": "SM9cnwTkRZocClvQGA86KQ"}, {"title": "Jusqu''\u00e0 demain 8h", "token": "1QB7tfSgdVYuebA2xxj_dg"}, {"title": "Pendant une semaine", "token": "n-DquS997tneXxxmfUajug"}, {"title": "Voir mes r\u00e9glages", "token": "hZBa2IyHInqj82v4MABALA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(72,'sTCOf_25ZUS_YkW0pL2URA',34,'2026-11-29 19:22:52.037615','user',NULL,'comment sont réglées mes notifications ?','[]','null','322dddd4-59d9-4ffe-9980-0354cc98bdcf',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(73,'sTCOf_25ZUS_YkW0pL2URA',34,'2026-11-29 19:22:52.628004','assistant',NULL,'Vos réglages :
• En résumé par e-mail : tout
• Résumés : à 8h et 14h, tous les jours
• Heures calmes : de 20h à 7h, tous les jours. Ce qui arrive alors attend, sauf urgence
• En sourdine : dossier SPH-2024-000205, jusqu''à nouvel ordre
Heures calmes en ce moment, jusqu''à demain à 7h : seules les urgences passent. Prochain résumé demain à 8h.
Pour changer, dites-le avec vos mots : « un résumé le matin par e-mail », « plus rien après 19h », « pas de notifications le week-end »…','[{"title": "Un seul r\u00e9sum\u00e9 \u00e0 8h", "token": "9sbstQ_vrUeobpzC3tA-VA"}, {"title": "Rien de 19h \u00e0 8h", "token": "ZqGVi2PykpcfHO5TOC4oqg"}, {"title": "Pas le week-end", "token": "HaLFzYjs6tIgzcnoNkqoJA"}, {"title": "R\u00e9activer", "token": "QskHj7A7p2ukqGApqK6b2g"}]','{"title": "R\u00e9gler sur une page", "url": "http://127.0.0.1:8700/account?t=Z7Fw9skEBEtJNzrP-fhfO173ctiFSpRP"}',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(74,'MSZCrtGKxS02kGL9RYymgA',35,'2026-11-29 19:22:53.503655','user',NULL,'c''est quoi le ROR ?','[]','null','15ddc885-971e-4869-978c-fbb8d490ca0d',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(75,'MSZCrtGKxS02kGL9RYymgA',35,'2026-11-29 19:22:53.662927','assistant',NULL,'Le ROR est le Répertoire opérationnel des ressources : l''annuaire de l''offre de santé de la région. SPHERE s''en sert pour retrouver les professionnels, leur métier et leur structure.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(76,'J6LVzxRpCeCzyWul8ozTRg',36,'2026-11-29 19:22:54.254178','assistant',NULL,'Bonjour ! Je suis l''assistant SPHERE. Je peux associer un partenaire à un dossier, demander un compte, retrouver un dossier ou un professionnel. Que puis-je faire pour vous ?','[]','null',NULL,NULL,'teams','["1795980174453"]',NULL);
INSERT INTO "messages" VALUES(77,'J6LVzxRpCeCzyWul8ozTRg',37,'2026-11-29 19:22:54.658911','user',NULL,'bonjour','[]','null','a:1795980174608',NULL,'teams','null',NULL);
INSERT INTO "messages" VALUES(78,'J6LVzxRpCeCzyWul8ozTRg',37,'2026-11-29 19:22:54.948976','assistant',NULL,'Bonjour ! Je suis l''assistant SPHERE. Je peux associer un partenaire à un dossier, demander un compte, retrouver un dossier ou un professionnel. Que puis-je faire pour vous ?','[]','null',NULL,NULL,'teams','["1795980175277"]',NULL);
INSERT INTO "messages" VALUES(79,'5sd2Sbsh2NuGvHjFNj8pDA',38,'2026-11-29 19:22:56.154316','user',NULL,'bonjour','[]','null','u1001',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(80,'5sd2Sbsh2NuGvHjFNj8pDA',38,'2026-11-29 19:22:56.474986','assistant',NULL,'Bonjour ! Je suis l''assistant SPHERE. Je peux associer un partenaire à un dossier, demander un compte, retrouver un dossier ou un professionnel. Que puis-je faire pour vous ?','[]','null',NULL,NULL,'telegram','["2"]',NULL);
INSERT INTO "messages" VALUES(81,'91uTW1-pp45MSqDGZ7X8QA',39,'2026-11-29 19:22:57.608124','user',NULL,'je veux m''identifier','[]','null','u1003',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(82,'91uTW1-pp45MSqDGZ7X8QA',39,'2026-11-29 19:22:58.113833','assistant',NULL,'Quelle est votre adresse e-mail professionnelle, celle de votre compte SPHERE ?','[]','null',NULL,NULL,'telegram','["2"]',NULL);
INSERT INTO "messages" VALUES(83,'91uTW1-pp45MSqDGZ7X8QA',40,'2026-11-29 19:22:58.813324','user',NULL,'claire.moreau@sphere.example','[]','null','u1004',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(84,'91uTW1-pp45MSqDGZ7X8QA',40,'2026-11-29 19:22:59.125870','assistant',NULL,'Si cette adresse est celle d''un compte SPHERE, un code à 6 chiffres y est envoyé, valable 10 minutes. Tapez-le ici.','[{"title": "Renvoyer un code", "token": "SnnvaxfeZ7j2TWLbBLL2Gg"}, {"title": "Annuler", "token": "7YLPBOLzTWzC1iAyqRVQsA"}]','null',NULL,NULL,'telegram','["4"]',NULL);
INSERT INTO "messages" VALUES(85,'91uTW1-pp45MSqDGZ7X8QA',41,'2026-11-29 19:23:00.114434','user',NULL,'790627','[]','null','u1005',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(86,'91uTW1-pp45MSqDGZ7X8QA',41,'2026-11-29 19:23:00.542851','assistant',NULL,'C''est fait : cette conversation est reliée au compte SPHERE de Claire Moreau, pour 90 jours.','[]','null',NULL,NULL,'telegram','["6"]',NULL);
INSERT INTO "messages" VALUES(87,'91uTW1-pp45MSqDGZ7X8QA',41,'2026-11-29 19:23:00.542851','assistant',NULL,'Que voulez-vous faire ?','[{"title": "Ajouter un partenaire", "token": "FB6TcTTv6I-6n4ostlYSXg"}, {"title": "Mes dossiers", "token": "QmspKL3Kki-p4Ufj0287yQ"}, {"title": "Nouveau dossier", "token": "BTsYiNqbNkQ-UD5bpHu8Aw"}]','null',NULL,NULL,'telegram','["7"]',NULL);
INSERT INTO "messages" VALUES(88,'91uTW1-pp45MSqDGZ7X8QA',42,'2026-11-29 19:23:01.074213','user',NULL,'crée un dossier','[]','null','u1006',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(89,'91uTW1-pp45MSqDGZ7X8QA',42,'2026-11-29 19:23:01.410422','assistant',NULL,'Pour protéger vos usagers, leur identité ne s''écrit pas ici. Continuez dans la discussion sécurisée : ce lien est valable 10 minutes et ne sert qu''une fois.','[]','{"title": "Continuer dans la discussion s\u00e9curis\u00e9e", "url": "http://127.0.0.1:8700/chat#continue=0KdDWKOdUaAuiaC_IWek6bvKFuhhOaN4"}',NULL,NULL,'telegram','["9"]',NULL);
INSERT INTO "messages" VALUES(90,'91uTW1-pp45MSqDGZ7X8QA',43,'2026-11-29 19:23:01.978304','assistant',NULL,'Vous êtes dans la discussion sécurisée : continuons ici.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(91,'91uTW1-pp45MSqDGZ7X8QA',43,'2026-11-29 19:23:01.978304','assistant',NULL,'Quel est le nom de naissance de l''usager ?','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(92,'91uTW1-pp45MSqDGZ7X8QA',44,'2026-11-29 19:23:02.108579','user',NULL,'laisse tomber','[]','null','3c7cff0a-84de-46d0-94ca-93e4a9d93b98',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(93,'91uTW1-pp45MSqDGZ7X8QA',44,'2026-11-29 19:23:02.446630','assistant',NULL,'C''est abandonné : créer un dossier. Rien n''a été changé.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(94,'91uTW1-pp45MSqDGZ7X8QA',NULL,'2026-11-29 19:23:03.076755','assistant',NULL,'« Créer un dossier » : c''est fini dans la discussion sécurisée, rien n''a été changé.','[]','null',NULL,'outbox:17','telegram','["10"]',NULL);
INSERT INTO "messages" VALUES(95,'CtJ8A5woexdP0wJdr_pGJg',45,'2026-11-29 19:23:06.290578','user',NULL,'je veux parler à quelqu''un de l''équipe','[]','null','8f662953-e7c5-4eec-8139-fb14dfb47044',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(96,'CtJ8A5woexdP0wJdr_pGJg',45,'2026-11-29 19:23:06.623493','system',NULL,'Votre demande est transmise à l’équipe SPHERE (référence SUP-000001). Votre demande est la prochaine. Nous ne savons pas encore estimer l’attente. Une personne vous répondra ici. Jusque-là, l’assistant se tait et ce que vous écrivez est transmis à l’équipe. Vous pouvez aussi appeler le 05 57 96 59 47. Pour y renoncer, écrivez « fin ».','[{"title": "Revenir \u00e0 l\u2019assistant", "token": "uWI3nMxEjY0jed_tppgBGg"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(97,'CtJ8A5woexdP0wJdr_pGJg',46,'2026-11-29 19:23:06.684333','user',NULL,'Je n''arrive pas à ouvrir mon espace.','[]','null','1e3e97ae-e97d-417e-a86e-f7bc509f4e65',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(98,'CtJ8A5woexdP0wJdr_pGJg',NULL,'2026-11-29 19:23:07.461025','system',NULL,'Julie Marchand, de l’équipe SPHERE, a rejoint la discussion. L’assistant se tait jusqu’à la fin de l’échange.','[]','null',NULL,'support:1:3','web','null',NULL);
INSERT INTO "messages" VALUES(99,'CtJ8A5woexdP0wJdr_pGJg',NULL,'2026-11-29 19:23:07.891889','agent','Julie Marchand','Bonjour, essayez avec le code de votre messagerie.','[]','null',NULL,'desk:1:4jSXj5iMc_4adEkyYSfnew:r1','web','null',NULL);
INSERT INTO "messages" VALUES(100,'CtJ8A5woexdP0wJdr_pGJg',47,'2026-11-29 19:23:08.146386','user',NULL,'ça marche, merci','[]','null','f58f514f-a9f4-4004-bbcf-86006a5c11fe',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(101,'CtJ8A5woexdP0wJdr_pGJg',NULL,'2026-11-29 19:23:08.464966','system',NULL,'Julie Marchand a quitté la discussion, qui est close (référence SUP-000001). L’assistant reprend. Cette aide vous a-t-elle été utile ?','[{"title": "Tr\u00e8s utile", "token": "2fBJAzkHrzigj2sRMvnFRg"}, {"title": "Utile", "token": "Yq3JFJVIQmxr64GZp7ApCA"}, {"title": "Pas utile", "token": "SSFxuilyoh7W-Ib6gx1xiA"}, {"title": "Rouvrir la discussion", "token": "ZRZc45J8M4vDBPOjbpG-Og"}, {"title": "Recevoir la transcription", "token": "Q4tGdULAy2wrjMl1L1wdkg"}]','null',NULL,'support:1:6','web','null',NULL);
INSERT INTO "messages" VALUES(102,'CtJ8A5woexdP0wJdr_pGJg',48,'2026-11-29 19:23:08.776635','user',NULL,'Très utile','[]','null','1d84ee40-aaf4-4645-bc42-de8ac36ab326',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(103,'CtJ8A5woexdP0wJdr_pGJg',48,'2026-11-29 19:23:08.934764','system',NULL,'Merci, votre avis est transmis.','[{"title": "Rouvrir la discussion", "token": "eqBJKH7olDe8IEQ3frdNRA"}, {"title": "Recevoir la transcription", "token": "_iHaWSN8WKWYBKW-Y9bfPQ"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(104,'d70Htisb-UJjM7QJ1UDing',49,'2026-11-29 19:23:09.262722','user',NULL,'je veux parler à quelqu''un de l''équipe','[]','null','820ef283-34ce-4f2f-89d6-7f8bc8b85e8f',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(105,'d70Htisb-UJjM7QJ1UDing',49,'2026-11-29 19:23:09.696932','system',NULL,'Votre demande est transmise à l’équipe SPHERE (référence SUP-000002). Votre demande est la prochaine. Nous ne savons pas encore estimer l’attente. Une personne vous répondra ici. Jusque-là, l’assistant se tait et ce que vous écrivez est transmis à l’équipe. Vous pouvez aussi appeler le 05 57 96 59 47. Pour y renoncer, écrivez « fin ».','[{"title": "Revenir \u00e0 l\u2019assistant", "token": "2MBRKNlBzdSAaJ9HIp0tcQ"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(106,'d70Htisb-UJjM7QJ1UDing',NULL,'2026-11-29 19:23:10.774270','system',NULL,'Personne n’a encore pu prendre votre demande, nous en sommes désolés. Écrivez ici votre message : l’équipe SPHERE vous répondra dans cette discussion. Vous pouvez aussi attendre encore, ou revenir à l’assistant.','[{"title": "Attendre encore", "token": "zounKxzlNpjkdIbAdBYG8A"}, {"title": "Revenir \u00e0 l\u2019assistant", "token": "mXtZvEVQI1vOgW2ZAjad9A"}]','null',NULL,'support:2:9','web','null',NULL);
INSERT INTO "messages" VALUES(107,'d70Htisb-UJjM7QJ1UDing',50,'2026-11-29 19:23:11.158813','user',NULL,'Merci de me rappeler au sujet de mon compte.','[]','null','7f1986b2-7701-40bd-987c-5a3bc830991d',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(108,'d70Htisb-UJjM7QJ1UDing',50,'2026-11-29 19:23:11.349080','system',NULL,'Votre message est enregistré (référence SUP-000002). L’équipe SPHERE vous répondra ici. L’assistant reprend.','[{"title": "Compl\u00e9ter mon message", "token": "CcpPP9sOC_soxNDMFLLyfQ"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(109,'IsX95kLC_se1Xt0L3B5e_Q',51,'2026-11-29 19:23:11.651751','user',NULL,'je veux parler à quelqu''un de l''équipe','[]','null','00936014-6833-4ec1-b1e8-10e5a4d63179',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(110,'IsX95kLC_se1Xt0L3B5e_Q',51,'2026-11-29 19:23:12.243042','system',NULL,'Votre demande est transmise à l’équipe SPHERE (référence SUP-000003). Votre demande est la prochaine. Nous ne savons pas encore estimer l’attente. Une personne vous répondra ici. Jusque-là, l’assistant se tait et ce que vous écrivez est transmis à l’équipe. Vous pouvez aussi appeler le 05 57 96 59 47. Pour y renoncer, écrivez « fin ».','[{"title": "Revenir \u00e0 l\u2019assistant", "token": "-f0E-RQumssnk5q1SZph6A"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(111,'IsX95kLC_se1Xt0L3B5e_Q',52,'2026-11-29 19:23:12.518355','user',NULL,'Je ne vois plus mes dossiers.','[]','null','c7ec25ff-c97e-419b-b602-bf60c28a62d2',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(112,'IsX95kLC_se1Xt0L3B5e_Q',NULL,'2026-11-29 19:23:13.036890','system',NULL,'Julie Marchand, de l’équipe SPHERE, a rejoint la discussion. L’assistant se tait jusqu’à la fin de l’échange.','[]','null',NULL,'support:3:14','web','null',NULL);
INSERT INTO "messages" VALUES(113,'IsX95kLC_se1Xt0L3B5e_Q',NULL,'2026-11-29 19:23:13.333661','agent','Julie Marchand','Bonjour, je regarde vos dossiers.','[]','null',NULL,'desk:3:4jSXj5iMc_4adEkyYSfnew:r2','web','null',NULL);
INSERT INTO "messages" VALUES(114,'h71Zw2lQNvWiqm5BVkWfrQ',53,'2026-11-29 19:23:14.516092','user',NULL,'je veux parler à quelqu''un de l''équipe','[]','null','u1008',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(115,'h71Zw2lQNvWiqm5BVkWfrQ',53,'2026-11-29 19:23:15.003890','system',NULL,'Votre demande est transmise à l’équipe SPHERE (référence SUP-000004). Votre demande est la prochaine. Nous ne savons pas encore estimer l’attente. Une personne vous répondra ici. Jusque-là, l’assistant se tait et ce que vous écrivez est transmis à l’équipe. Vous pouvez aussi appeler le 05 57 96 59 47. Pour y renoncer, écrivez « fin ».','[{"title": "Revenir \u00e0 l\u2019assistant", "token": "EsXeJg4GC73OHGLieTo7Pw"}]','null',NULL,NULL,'telegram','["2"]',NULL);
INSERT INTO "messages" VALUES(116,'h71Zw2lQNvWiqm5BVkWfrQ',54,'2026-11-29 19:23:16.303852','user',NULL,'Le bouton de connexion ne répond pas.','[]','null','u1009',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(117,'P9Anwv9ZNdMFk_CoPPCeww',55,'2026-11-29 19:23:17.281367','user',NULL,'je veux parler à quelqu''un de l''équipe','[]','null','dbe1ff24-7f93-42ac-a925-e902811ae9bd',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(118,'P9Anwv9ZNdMFk_CoPPCeww',55,'2026-11-29 19:23:17.855115','system',NULL,'Votre demande est transmise à l’équipe SPHERE (référence SUP-000005). Une demande est avant la vôtre. Nous ne savons pas encore estimer l’attente. Une personne vous répondra ici. Jusque-là, l’assistant se tait et ce que vous écrivez est transmis à l’équipe. Vous pouvez aussi appeler le 05 57 96 59 47. Pour y renoncer, écrivez « fin ».','[{"title": "Revenir \u00e0 l\u2019assistant", "token": "4OUQhm9Kdu1SEA-6-A2TmA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(119,'91uTW1-pp45MSqDGZ7X8QA',NULL,'2026-11-29 19:23:22.495887','system',NULL,'Karim Benali a déposé un document dans le dossier SPH-2024-000137.','[{"title": "Marquer comme lu", "token": "-atz8z2NdtCuVO1yL-Wl4g"}, {"title": "Sourdine", "token": "WHv-VXRWgXbUJzCqIhL2Kw"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:20','telegram','["11"]',NULL);
INSERT INTO "messages" VALUES(120,'b0eeCdrS91tTDbcatVIrdg',NULL,'2026-11-29 19:23:22.495887','system',NULL,'Notification · Karim Benali a déposé un document dans le dossier SPH-2024-000137 : Ordonnance','[{"title": "Marquer comme lu", "token": "VFfEFDlm0YTAQfC_7bazCA"}, {"title": "Sourdine", "token": "Eaysnl_lfUwOIkvt5irj0A"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:22','web','null',NULL);
INSERT INTO "messages" VALUES(121,'91uTW1-pp45MSqDGZ7X8QA',NULL,'2026-11-29 19:23:22.693558','system',NULL,'Un message a été écrit dans le dossier SPH-2025-000018.','[{"title": "Marquer comme lu", "token": "sqymU4OnGuwUodGVT3ZP1Q"}, {"title": "Sourdine", "token": "Ma-cqBGpBWFLZ4W5Hga6Ig"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:21','telegram','["12"]',NULL);
INSERT INTO "messages" VALUES(122,'b0eeCdrS91tTDbcatVIrdg',NULL,'2026-11-29 19:23:22.693558','system',NULL,'Notification · Un message a été écrit dans le dossier SPH-2025-000018.','[{"title": "Marquer comme lu", "token": "pToWOzOVJs7Trzn3WMYNdQ"}, {"title": "Sourdine", "token": "O5D2IO5ktOrBcaJbBRLFJQ"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:23','web','null',NULL);
INSERT INTO "messages" VALUES(123,'91uTW1-pp45MSqDGZ7X8QA',NULL,'2026-11-29 19:23:22.857780','system',NULL,'Information de l’équipe SPHERE : Maintenance dimanche','[{"title": "Marquer comme lu", "token": "_lSMJhZoL2iApL3GWOaXYA"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:25','telegram','["13"]',NULL);
INSERT INTO "messages" VALUES(124,'b0eeCdrS91tTDbcatVIrdg',NULL,'2026-11-29 19:23:22.857780','system',NULL,'Notification · Information de l’équipe SPHERE : Maintenance dimanche','[{"title": "Marquer comme lu", "token": "E498G-_YiJ25VUkSS_izfQ"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:26','web','null',NULL);
INSERT INTO "messages" VALUES(125,'2Tz00P6uQSEkhF0bH-OW2A',56,'2026-11-29 19:24:23.669658','user',NULL,'ajoute Zoé Zwartkowski, orthophoniste à Amboise, au dossier SPH-2024-000137','[]','null','e88574cf-9146-4823-9368-ae5d6bccc972',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(126,'2Tz00P6uQSEkhF0bH-OW2A',56,'2026-11-29 19:24:24.256482','assistant',NULL,'Je ne trouve pas « Zoé Zwartkowski, orthophoniste, Amboise » dans l''annuaire (ROR). Vous pouvez chercher un autre nom, ou demander un compte pour cette personne en remplissant sa fiche annuaire.','[{"title": "Demander un compte", "token": "uViwdmXcChpobmk3mYa2XA"}, {"title": "Autre personne", "token": "VPpLGyRRTLgCCk2IYOGBRA"}, {"title": "Annuler", "token": "p7I-aZoyZQsWNoIr7sRA5g"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(127,'2Tz00P6uQSEkhF0bH-OW2A',57,'2026-11-29 19:24:24.284623','user',NULL,'Demander un compte','[]','null','b7184929-3e6a-40aa-969a-1f5b86bce306',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(128,'2Tz00P6uQSEkhF0bH-OW2A',57,'2026-11-29 19:24:24.880744','assistant',NULL,'Quelle est sa civilité ?','[{"title": "Mme", "token": "a4P9PnDGqYactsHR60zgXQ"}, {"title": "M.", "token": "Rvr-aKUn6qZgl-4BonvRYA"}, {"title": "Dr", "token": "-0-OL1paVroL5EjrgCxraw"}, {"title": "Pr", "token": "ca8KZqy3BU5bSLj4HsKaHQ"}, {"title": "Passer", "token": "bNMD_EZRTR3rlBoUdPl9VA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(129,'2Tz00P6uQSEkhF0bH-OW2A',58,'2026-11-29 19:24:24.977432','user',NULL,'Mme','[]','null','1600070f-2015-4dfd-97b5-123368e4a32a',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(130,'2Tz00P6uQSEkhF0bH-OW2A',58,'2026-11-29 19:24:25.447240','assistant',NULL,'Quel est son numéro RPPS (11 chiffres) ou ADELI (9 chiffres) ?','[{"title": "Passer", "token": "42uQXX76zpBJRCLT9w250g"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(131,'2Tz00P6uQSEkhF0bH-OW2A',59,'2026-11-29 19:24:25.491306','user',NULL,'Passer','[]','null','4d97a74d-98ab-4e02-b642-1a7cf9efb4e0',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(132,'2Tz00P6uQSEkhF0bH-OW2A',59,'2026-11-29 19:24:25.870486','assistant',NULL,'Comment exerce-t-elle ?','[{"title": "Lib\u00e9ral", "token": "aU6F3Z_l4YGuGejNMQeezg"}, {"title": "Salari\u00e9", "token": "qwUvAmboUUB62eqy-m8NzQ"}, {"title": "B\u00e9n\u00e9vole", "token": "pp0Sf1qvukBw4aZ7PrarnQ"}, {"title": "Passer", "token": "i0nnuNEbY29oQQtf1oc3gw"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(133,'2Tz00P6uQSEkhF0bH-OW2A',60,'2026-11-29 19:24:25.987366','user',NULL,'Libéral','[]','null','6d1eb86a-b2eb-41f7-9d73-807a064a1652',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(134,'2Tz00P6uQSEkhF0bH-OW2A',60,'2026-11-29 19:24:26.385063','assistant',NULL,'Dans quelle structure travaille-t-elle (cabinet, EHPAD, SSIAD…) ?','[{"title": "Passer", "token": "Pig08YOk11VP3qhlO-uFOA"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(135,'2Tz00P6uQSEkhF0bH-OW2A',61,'2026-11-29 19:24:26.405040','user',NULL,'Cabinet des Tanneurs','[]','null','f8183af7-6643-496d-8885-28d72d21ddeb',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(136,'2Tz00P6uQSEkhF0bH-OW2A',61,'2026-11-29 19:24:26.893583','assistant',NULL,'Quelle est son adresse e-mail professionnelle ? Ses codes y seront envoyés.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(137,'2Tz00P6uQSEkhF0bH-OW2A',62,'2026-11-29 19:24:26.968882','user',NULL,'zoe.zwartkowski@ortho-amboise.example','[]','null','db04b0e4-6550-4f7b-8823-96682213a733',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(138,'2Tz00P6uQSEkhF0bH-OW2A',62,'2026-11-29 19:24:27.484648','assistant',NULL,'Quel est son numéro de téléphone professionnel ?','[{"title": "Passer", "token": "ptHyrTwAhKHq6qcyijrCzw"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(139,'2Tz00P6uQSEkhF0bH-OW2A',63,'2026-11-29 19:24:27.581884','user',NULL,'02 47 57 00 11','[]','null','f93d1462-3600-4974-b50a-89b43e38f18e',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(140,'2Tz00P6uQSEkhF0bH-OW2A',63,'2026-11-29 19:24:28.229440','assistant',NULL,'Sur quelle base donner à Zoé Zwartkowski l''accès au dossier SPH-2024-000137 ?','[{"title": "M\u00eame \u00e9quipe de soins, usager inform\u00e9", "token": "C7hz7vV_1QiWGRmJhp7FJw"}, {"title": "Accord de l''usager recueilli", "token": "TChzMBcH6lWjEENXh32m8A"}, {"title": "Ni l''un ni l''autre", "token": "VaIoTfCCxymMEq1n7mjL0Q"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(141,'2Tz00P6uQSEkhF0bH-OW2A',64,'2026-11-29 19:24:28.270193','user',NULL,'Même équipe de soins, usager informé','[]','null','02bc9190-37e7-4a48-b1d9-e4e6fd5df580',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(142,'2Tz00P6uQSEkhF0bH-OW2A',64,'2026-11-29 19:24:28.881060','assistant',NULL,'Fiche annuaire
• Civilité : Mme
• Prénom : Zoé
• Nom : Zwartkowski
• Profession : Orthophoniste
• Exercice : libéral
• Structure : Cabinet des Tanneurs
• Ville : Amboise
• E-mail : zoe.zwartkowski@ortho-amboise.example
• Téléphone : 02 47 57 00 11
Dossier : SPH-2024-000137, accès donné dès que le compte sera créé.

Voulez-vous envoyer cette demande de compte à l''équipe SPHERE ?','[{"title": "Envoyer la demande", "token": "WUY1c3YrpAlRf9h4FubwwA"}, {"title": "Corriger", "token": "z9nzaxotTYedHpC7OXQxbA"}, {"title": "Ne pas envoyer", "token": "MbMegyGZcfz3FzQ5zUMeBw"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(143,'2Tz00P6uQSEkhF0bH-OW2A',65,'2026-11-29 19:24:29.072016','user',NULL,'Envoyer la demande','[]','null','cc43b0a8-e233-45dc-b63f-763eb30c9648',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(144,'2Tz00P6uQSEkhF0bH-OW2A',65,'2026-11-29 19:24:30.044187','assistant',NULL,'C''est fait : la demande de compte DC-2026-000002 pour Zoé Zwartkowski est envoyée à l''équipe SPHERE. Ses codes lui parviendront par e-mail, et l''accès au dossier SPH-2024-000137 lui sera donné sans autre démarche. Je vous préviens ici.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(145,'MSZCrtGKxS02kGL9RYymgA',66,'2026-11-29 19:24:30.079510','user',NULL,'je veux m''identifier','[]','null','dab5c8a3-e40f-401b-a325-23f4b9cd6358',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(146,'MSZCrtGKxS02kGL9RYymgA',66,'2026-11-29 19:24:30.530384','assistant',NULL,'Quelle est votre adresse e-mail professionnelle, celle de votre compte SPHERE ?','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(147,'ItXQHEbohu88yns3geJ5Hg',67,'2026-11-29 19:24:33.125465','user',NULL,'Oui : même équipe de soins, usager informé','[]','null','23b60f6d-d624-4674-9471-21e5b09e75e2',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(148,'ItXQHEbohu88yns3geJ5Hg',67,'2026-11-29 19:24:33.662274','assistant',NULL,'SPHERE ne répond pas pour l''instant : Mme Sophie Leroux n''a pas encore accès au dossier SPH-2024-000205. Je réessaie tout seul et je vous le dis ici.','[]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(149,'MSZCrtGKxS02kGL9RYymgA',68,'2026-11-29 19:24:33.680445','user',NULL,'sophie.leroux@sphere.example','[]','null','f8863ae9-24b8-41a8-8fb3-64d236caf7b7',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(150,'MSZCrtGKxS02kGL9RYymgA',68,'2026-11-29 19:24:34.109467','assistant',NULL,'Si cette adresse est celle d''un compte SPHERE, un code à 6 chiffres y est envoyé, valable 10 minutes. Tapez-le ici.','[{"title": "Renvoyer un code", "token": "nVLsYe7qtfJtsseXicc1NQ"}, {"title": "Annuler", "token": "dgBEzWX2F87vk5MotwQa1Q"}]','null',NULL,NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(151,'sTCOf_25ZUS_YkW0pL2URA',69,'2026-11-29 19:24:34.360588','user',NULL,'qui suit le dossier SPH-2024-000205 ?','[]','null','127b5e52-61ca-457a-aa09-6c0430ff504d',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(152,'sTCOf_25ZUS_YkW0pL2URA',70,'2026-11-29 19:24:34.441150','user',NULL,'merci beaucoup','[]','null','c9450e7b-edfb-4d31-b73e-8925fe2e3237',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(153,'b0eeCdrS91tTDbcatVIrdg',71,'2026-11-29 19:24:34.506486','user',NULL,'Voir les partenaires','[]','null','2ac81ef0-c271-46da-821c-ebf843f1ca88',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(154,'91uTW1-pp45MSqDGZ7X8QA',72,'2026-11-29 19:24:34.703908','user',NULL,'(message)','[]','null','u1010',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(155,'91uTW1-pp45MSqDGZ7X8QA',73,'2026-11-29 19:24:34.883704','user',NULL,'(message)','[]','null','u1011',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(156,'h71Zw2lQNvWiqm5BVkWfrQ',74,'2026-11-29 19:24:35.054854','user',NULL,'(message)','[]','null','u1012',NULL,'telegram','null',NULL);
INSERT INTO "messages" VALUES(157,'IsX95kLC_se1Xt0L3B5e_Q',75,'2026-11-29 19:24:35.106113','user',NULL,'Vous avez trouvé ?','[]','null','9b82ba50-325b-4b87-adf6-765768638df6',NULL,'web','null',NULL);
INSERT INTO "messages" VALUES(158,'IsX95kLC_se1Xt0L3B5e_Q',NULL,'2026-11-29 19:24:35.376942','agent','Julie Marchand','Oui, je les rattache à votre compte.','[]','null',NULL,'desk:3:4jSXj5iMc_4adEkyYSfnew:r3','web','null',NULL);
INSERT INTO "messages" VALUES(159,'91uTW1-pp45MSqDGZ7X8QA',NULL,'2026-11-29 19:24:35.910306','system',NULL,'Karim Benali a déposé un document dans le dossier SPH-2024-000137.','[{"title": "Marquer comme lu", "token": "-3vrKiHz0vtnC_GlBq0XJw"}, {"title": "Sourdine", "token": "snvpiszsT1mfxIRCJCustQ"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:31','telegram','null',NULL);
INSERT INTO "messages" VALUES(160,'b0eeCdrS91tTDbcatVIrdg',NULL,'2026-11-29 19:24:35.910306','system',NULL,'Notification · Karim Benali a déposé un document dans le dossier SPH-2024-000137.','[{"title": "Marquer comme lu", "token": "cCsRU2omHLYYPvvZAdbolA"}, {"title": "Sourdine", "token": "pJOn_ziVrIEMh0EQcFff7A"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:33','web','null',NULL);
INSERT INTO "messages" VALUES(161,'91uTW1-pp45MSqDGZ7X8QA',NULL,'2026-11-29 19:24:35.984125','system',NULL,'Un rendez-vous a été fixé dans le dossier SPH-2025-000018.','[{"title": "Marquer comme lu", "token": "q3cW5bv7Fp-wW7BlTTWA_w"}, {"title": "Sourdine", "token": "cLOitBhZkA1zR-_p4FkMEA"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:32','telegram','null',NULL);
INSERT INTO "messages" VALUES(162,'b0eeCdrS91tTDbcatVIrdg',NULL,'2026-11-29 19:24:35.984125','system',NULL,'Notification · Un rendez-vous a été fixé dans le dossier SPH-2025-000018.','[{"title": "Marquer comme lu", "token": "7B5pLP4gzf0Npz6_HpLguQ"}, {"title": "Sourdine", "token": "Pr6_4ESWFg51aqPZ6lz_zw"}]','{"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}',NULL,'outbox:34','web','null',NULL);
CREATE TABLE notice_messages (
	id INTEGER NOT NULL, 
	account_id VARCHAR(64) NOT NULL, 
	way VARCHAR(16) NOT NULL, 
	conversation_id VARCHAR(32), 
	dossier VARCHAR(32), 
	digest BOOLEAN NOT NULL, 
	due_at DATETIME NOT NULL, 
	handed_at DATETIME NOT NULL, 
	outbox_id INTEGER NOT NULL, 
	instead_of VARCHAR(16), 
	state VARCHAR(16) NOT NULL, 
	delivered_at DATETIME, 
	CONSTRAINT pk_notice_messages PRIMARY KEY (id)
);
INSERT INTO "notice_messages" VALUES(1,'ef7d2ff6-9e86-5775-995f-5f9ee4148c52','mail',NULL,'SPH-2024-000137',0,'2026-11-29 19:22:43.649387','2026-11-29 19:22:43.760899',5,NULL,'delivered','2026-11-29 19:22:44.536348');
INSERT INTO "notice_messages" VALUES(2,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','91uTW1-pp45MSqDGZ7X8QA','SPH-2024-000137',0,'2026-11-29 19:23:21.429623','2026-11-29 19:23:21.750679',24,NULL,'delivered','2026-11-29 19:23:22.720378');
INSERT INTO "notice_messages" VALUES(3,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','91uTW1-pp45MSqDGZ7X8QA','SPH-2025-000018',0,'2026-11-29 19:23:21.429623','2026-11-29 19:23:21.750679',27,NULL,'delivered','2026-11-29 19:23:22.870186');
INSERT INTO "notice_messages" VALUES(4,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','b0eeCdrS91tTDbcatVIrdg','SPH-2024-000137',0,'2026-11-29 19:23:21.429623','2026-11-29 19:23:21.750679',22,NULL,'delivered','2026-11-29 19:23:22.495887');
INSERT INTO "notice_messages" VALUES(5,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','b0eeCdrS91tTDbcatVIrdg','SPH-2025-000018',0,'2026-11-29 19:23:21.429623','2026-11-29 19:23:21.750679',23,NULL,'delivered','2026-11-29 19:23:22.693558');
INSERT INTO "notice_messages" VALUES(6,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','91uTW1-pp45MSqDGZ7X8QA',NULL,0,'2026-11-29 19:23:22.557677','2026-11-29 19:23:22.633412',28,NULL,'delivered','2026-11-29 19:23:23.165541');
INSERT INTO "notice_messages" VALUES(7,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','b0eeCdrS91tTDbcatVIrdg',NULL,0,'2026-11-29 19:23:22.557677','2026-11-29 19:23:22.633412',26,NULL,'delivered','2026-11-29 19:23:22.857780');
INSERT INTO "notice_messages" VALUES(8,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','91uTW1-pp45MSqDGZ7X8QA','SPH-2024-000137',0,'2026-11-29 19:24:35.824466','2026-11-29 19:24:35.840424',36,NULL,'sent',NULL);
INSERT INTO "notice_messages" VALUES(9,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','91uTW1-pp45MSqDGZ7X8QA','SPH-2025-000018',0,'2026-11-29 19:24:35.824466','2026-11-29 19:24:35.840424',37,NULL,'sent',NULL);
INSERT INTO "notice_messages" VALUES(10,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','b0eeCdrS91tTDbcatVIrdg','SPH-2024-000137',0,'2026-11-29 19:24:35.824466','2026-11-29 19:24:35.840424',33,NULL,'delivered','2026-11-29 19:24:35.910306');
INSERT INTO "notice_messages" VALUES(11,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','b0eeCdrS91tTDbcatVIrdg','SPH-2025-000018',0,'2026-11-29 19:24:35.824466','2026-11-29 19:24:35.840424',34,NULL,'delivered','2026-11-29 19:24:35.984125');
INSERT INTO "notice_messages" VALUES(12,'3e6df25e-0624-5cd6-aed7-c458dacdf446','mail',NULL,'SPH-2024-000137',0,'2026-11-29 19:24:35.824466','2026-11-29 19:24:35.840424',35,NULL,'sent',NULL);
INSERT INTO "notice_messages" VALUES(13,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','91uTW1-pp45MSqDGZ7X8QA','SPH-2024-000137',0,'2026-11-29 19:25:35.840424','2026-11-29 19:26:06.976217',39,NULL,'sent',NULL);
INSERT INTO "notice_messages" VALUES(14,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','b0eeCdrS91tTDbcatVIrdg','SPH-2024-000137',0,'2026-11-29 19:25:35.840424','2026-11-29 19:26:06.976217',40,NULL,'sent',NULL);
CREATE TABLE notice_sends (
	id INTEGER NOT NULL, 
	notice_id INTEGER NOT NULL, 
	account_id VARCHAR(64) NOT NULL, 
	way VARCHAR(16) NOT NULL, 
	mode VARCHAR(8) NOT NULL, 
	due_at DATETIME NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	why VARCHAR(16), 
	message_id INTEGER, 
	CONSTRAINT pk_notice_sends PRIMARY KEY (id), 
	CONSTRAINT fk_notice_sends_message_id_notice_messages FOREIGN KEY(message_id) REFERENCES notice_messages (id), 
	CONSTRAINT fk_notice_sends_notice_id_notices FOREIGN KEY(notice_id) REFERENCES notices (id), 
	CONSTRAINT uq_notice_sends_notice_id_way UNIQUE (notice_id, way)
);
INSERT INTO "notice_sends" VALUES(1,1,'ef7d2ff6-9e86-5775-995f-5f9ee4148c52','mail','now','2026-11-29 19:22:43.649387','handed',NULL,1);
INSERT INTO "notice_sends" VALUES(2,1,'ef7d2ff6-9e86-5775-995f-5f9ee4148c52','sphere','now','2026-11-29 19:22:43.649387','handed',NULL,NULL);
INSERT INTO "notice_sends" VALUES(3,2,'3e6df25e-0624-5cd6-aed7-c458dacdf446','mail','digest','2026-11-30 07:00:00.000000','waiting',NULL,NULL);
INSERT INTO "notice_sends" VALUES(4,2,'3e6df25e-0624-5cd6-aed7-c458dacdf446','sphere','now','2026-11-29 19:22:44.308510','handed',NULL,NULL);
INSERT INTO "notice_sends" VALUES(5,3,'a72c2bbb-3940-5fe8-8a5e-531eb7aef6e6','mail','digest','2026-11-30 07:00:00.000000','waiting',NULL,NULL);
INSERT INTO "notice_sends" VALUES(6,3,'a72c2bbb-3940-5fe8-8a5e-531eb7aef6e6','sphere','now','2026-11-29 19:22:44.308510','handed',NULL,NULL);
INSERT INTO "notice_sends" VALUES(7,4,'b443ceca-147d-5cab-b42c-bf216e55661f','mail','digest','2026-11-30 07:00:00.000000','dropped','muted',NULL);
INSERT INTO "notice_sends" VALUES(8,4,'b443ceca-147d-5cab-b42c-bf216e55661f','sphere','now','2026-11-30 06:00:00.000000','dropped','muted',NULL);
INSERT INTO "notice_sends" VALUES(9,5,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','now','2026-11-29 19:23:21.429623','handed',NULL,2);
INSERT INTO "notice_sends" VALUES(10,5,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','now','2026-11-29 19:23:21.429623','handed',NULL,4);
INSERT INTO "notice_sends" VALUES(11,6,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','now','2026-11-29 19:23:21.429623','handed',NULL,3);
INSERT INTO "notice_sends" VALUES(12,6,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','now','2026-11-29 19:23:21.429623','handed',NULL,5);
INSERT INTO "notice_sends" VALUES(13,7,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','now','2026-11-29 19:23:22.557677','handed',NULL,6);
INSERT INTO "notice_sends" VALUES(14,7,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','now','2026-11-29 19:23:22.557677','handed',NULL,7);
INSERT INTO "notice_sends" VALUES(15,8,'b443ceca-147d-5cab-b42c-bf216e55661f','mail','digest','2026-11-30 07:00:00.000000','waiting',NULL,NULL);
INSERT INTO "notice_sends" VALUES(16,8,'b443ceca-147d-5cab-b42c-bf216e55661f','sphere','now','2026-11-30 06:00:00.000000','waiting',NULL,NULL);
INSERT INTO "notice_sends" VALUES(17,9,'b443ceca-147d-5cab-b42c-bf216e55661f','mail','digest','2026-11-30 07:00:00.000000','waiting',NULL,NULL);
INSERT INTO "notice_sends" VALUES(18,9,'b443ceca-147d-5cab-b42c-bf216e55661f','sphere','now','2026-11-30 06:00:00.000000','waiting',NULL,NULL);
INSERT INTO "notice_sends" VALUES(19,11,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','now','2026-11-29 19:24:35.824466','handed',NULL,8);
INSERT INTO "notice_sends" VALUES(20,11,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','now','2026-11-29 19:24:35.824466','handed',NULL,10);
INSERT INTO "notice_sends" VALUES(21,12,'3e6df25e-0624-5cd6-aed7-c458dacdf446','mail','now','2026-11-29 19:24:35.824466','handed',NULL,12);
INSERT INTO "notice_sends" VALUES(22,12,'3e6df25e-0624-5cd6-aed7-c458dacdf446','sphere','now','2026-11-29 19:24:35.824466','handed',NULL,NULL);
INSERT INTO "notice_sends" VALUES(23,13,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','now','2026-11-29 19:24:35.824466','handed',NULL,9);
INSERT INTO "notice_sends" VALUES(24,13,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','now','2026-11-29 19:24:35.824466','handed',NULL,11);
INSERT INTO "notice_sends" VALUES(25,14,'124f3e8d-2d39-5721-ad31-4b42006117b8','telegram','now','2026-11-29 19:25:35.840424','handed',NULL,13);
INSERT INTO "notice_sends" VALUES(26,14,'124f3e8d-2d39-5721-ad31-4b42006117b8','sphere','now','2026-11-29 19:25:35.840424','handed',NULL,14);
CREATE TABLE notices (
	id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	account_id VARCHAR(64) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	dossier VARCHAR(32), 
	author VARCHAR(200) NOT NULL, 
	urgent BOOLEAN NOT NULL, 
	occurred_at DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	read_at DATETIME, 
	reminded_at DATETIME, 
	CONSTRAINT pk_notices PRIMARY KEY (id), 
	CONSTRAINT fk_notices_event_id_events FOREIGN KEY(event_id) REFERENCES events (id), 
	CONSTRAINT uq_notices_event_id_account_id UNIQUE (event_id, account_id)
);
INSERT INTO "notices" VALUES(1,1,'ef7d2ff6-9e86-5775-995f-5f9ee4148c52','access.granted','SPH-2024-000137','Claire Moreau',0,'2026-11-29 19:22:43.470381','2026-11-29 19:22:43.649387',NULL,NULL);
INSERT INTO "notices" VALUES(2,2,'3e6df25e-0624-5cd6-aed7-c458dacdf446','team.joined','SPH-2024-000137','Claire Moreau',0,'2026-11-29 19:22:43.536886','2026-11-29 19:22:44.308510',NULL,NULL);
INSERT INTO "notices" VALUES(3,2,'a72c2bbb-3940-5fe8-8a5e-531eb7aef6e6','team.joined','SPH-2024-000137','Claire Moreau',0,'2026-11-29 19:22:43.536886','2026-11-29 19:22:44.308510',NULL,NULL);
INSERT INTO "notices" VALUES(4,3,'b443ceca-147d-5cab-b42c-bf216e55661f','document.added','SPH-2024-000205','',0,'2026-11-29 19:22:49.046569','2026-11-29 19:22:49.137559',NULL,NULL);
INSERT INTO "notices" VALUES(5,4,'124f3e8d-2d39-5721-ad31-4b42006117b8','document.added','SPH-2024-000137','Karim Benali',0,'2026-11-29 19:23:19.469125','2026-11-29 19:23:21.429623',NULL,NULL);
INSERT INTO "notices" VALUES(6,5,'124f3e8d-2d39-5721-ad31-4b42006117b8','message.received','SPH-2025-000018','',0,'2026-11-29 19:23:19.635503','2026-11-29 19:23:21.429623',NULL,NULL);
INSERT INTO "notices" VALUES(7,6,'124f3e8d-2d39-5721-ad31-4b42006117b8','service.notice',NULL,'',0,'2026-11-29 19:23:19.708965','2026-11-29 19:23:22.557677','2026-11-29 19:23:23.446634',NULL);
INSERT INTO "notices" VALUES(8,7,'b443ceca-147d-5cab-b42c-bf216e55661f','service.notice',NULL,'',0,'2026-11-29 19:23:21.373057','2026-11-29 19:23:22.557677',NULL,NULL);
INSERT INTO "notices" VALUES(9,8,'b443ceca-147d-5cab-b42c-bf216e55661f','account.updated',NULL,'',0,'2026-11-29 19:23:21.488782','2026-11-29 19:23:22.557677',NULL,NULL);
INSERT INTO "notices" VALUES(10,9,'b443ceca-147d-5cab-b42c-bf216e55661f','document.added','SPH-2024-000205','',0,'2026-11-29 19:23:21.836200','2026-11-29 19:23:22.557677',NULL,NULL);
INSERT INTO "notices" VALUES(11,10,'124f3e8d-2d39-5721-ad31-4b42006117b8','document.added','SPH-2024-000137','Karim Benali',0,'2026-11-29 19:24:35.703183','2026-11-29 19:24:35.824466',NULL,NULL);
INSERT INTO "notices" VALUES(12,10,'3e6df25e-0624-5cd6-aed7-c458dacdf446','document.added','SPH-2024-000137','Karim Benali',0,'2026-11-29 19:24:35.703183','2026-11-29 19:24:35.824466',NULL,NULL);
INSERT INTO "notices" VALUES(13,11,'124f3e8d-2d39-5721-ad31-4b42006117b8','appointment.set','SPH-2025-000018','',0,'2026-11-29 19:24:35.733699','2026-11-29 19:24:35.824466',NULL,NULL);
INSERT INTO "notices" VALUES(14,12,'124f3e8d-2d39-5721-ad31-4b42006117b8','note.added','SPH-2024-000137','Karim Benali',0,'2026-11-29 19:24:36.062711','2026-11-29 19:24:36.174090',NULL,NULL);
CREATE TABLE notification_people (
	account_id VARCHAR(64) NOT NULL, 
	preferences JSON NOT NULL, 
	previous JSON, 
	version INTEGER NOT NULL, 
	changed_at DATETIME, 
	email VARCHAR(320) NOT NULL, 
	email_at DATETIME, 
	unsubscribe_token VARCHAR(32) NOT NULL, 
	look_at DATETIME, 
	CONSTRAINT pk_notification_people PRIMARY KEY (account_id), 
	CONSTRAINT uq_notification_people_unsubscribe_token UNIQUE (unsubscribe_token)
);
INSERT INTO "notification_people" VALUES('ef7d2ff6-9e86-5775-995f-5f9ee4148c52','{}',NULL,0,NULL,'paul.martin@sphere.example','2026-11-29 19:22:43.794125','r7NiwiMBDWmFgO2_reFvvw',NULL);
INSERT INTO "notification_people" VALUES('3e6df25e-0624-5cd6-aed7-c458dacdf446','{}',NULL,0,NULL,'aimee-penelope.de-saint-faucheot@sphere.example','2026-11-29 19:22:44.579237','i2mYByE5Bh_XK3lGD4yYCw','2026-11-30 07:00:00.000000');
INSERT INTO "notification_people" VALUES('a72c2bbb-3940-5fe8-8a5e-531eb7aef6e6','{}',NULL,0,NULL,'noel.boulanger@sphere.example','2026-11-29 19:22:44.579237','k7_DkqbrfcfnU7kN7un0jA','2026-11-30 07:00:00.000000');
INSERT INTO "notification_people" VALUES('b443ceca-147d-5cab-b42c-bf216e55661f','{"matrix": {"appointments": {"mail": "digest"}, "messages": {"mail": "digest"}, "service": {"mail": "digest"}, "team": {"mail": "digest"}, "account": {"mail": "digest"}, "access": {"mail": "digest"}, "documents": {"mail": "digest"}}, "digest_hours": ["08:00:00", "14:00:00"], "quiet": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "20:00:00", "end": "07:00:00"}], "mutes": [{"dossier": "SPH-2024-000205", "until": null, "since": "2026-11-29T19:22:50.221794Z"}]}','{"matrix": {"appointments": {"mail": "digest"}, "messages": {"mail": "digest"}, "service": {"mail": "digest"}, "team": {"mail": "digest"}, "account": {"mail": "digest"}, "access": {"mail": "digest"}, "documents": {"mail": "digest"}}, "digest_hours": ["08:00:00", "14:00:00"], "quiet": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "20:00:00", "end": "07:00:00"}]}',3,'2026-11-29 19:22:50.257294','karim.benali@sphere.example','2026-11-29 19:23:22.473531','mwjVxiR2LUrLUlEgR_Orng','2026-11-30 06:00:00.000000');
INSERT INTO "notification_people" VALUES('124f3e8d-2d39-5721-ad31-4b42006117b8','{}',NULL,0,NULL,'',NULL,'G4SNDsDXl6A3tLtErMhrLQ',NULL);
CREATE TABLE operations (
	"key" VARCHAR(200) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	payload JSON NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_at DATETIME NOT NULL, 
	lease_until DATETIME, 
	result JSON, 
	told_pending BOOLEAN NOT NULL, 
	conversation_id VARCHAR(32), 
	created_at DATETIME NOT NULL, 
	done_at DATETIME, 
	CONSTRAINT pk_operations PRIMARY KEY ("key")
);
INSERT INTO "operations" VALUES('b0eeCdrS91tTDbcatVIrdg:23','partners.add','{}','done',1,'2026-11-29 19:22:42.393593',NULL,'{"outcome": "added", "name": "Paul Martin"}',0,'b0eeCdrS91tTDbcatVIrdg','2026-11-29 19:22:42.393593','2026-11-29 19:22:42.685603');
INSERT INTO "operations" VALUES('ItXQHEbohu88yns3geJ5Hg:67','partners.add','{"reference": "SPH-2024-000205", "actor": "b443ceca-147d-5cab-b42c-bf216e55661f", "account": "27a808af-ce91-55ef-8e9d-4e7842010bc7", "name": "Sophie Leroux", "profession": "Assistante sociale", "basis": "care_team_informed", "channel": "web"}','pending',2,'2026-11-29 19:24:44.652698','2026-11-29 19:27:08.084408',NULL,1,'ItXQHEbohu88yns3geJ5Hg','2026-11-29 19:24:33.381320',NULL);
CREATE TABLE "outbox" (
	id INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	"key" VARCHAR(200) NOT NULL, 
	conversation_id VARCHAR(32), 
	payload JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	not_before DATETIME NOT NULL, 
	attempts INTEGER NOT NULL, 
	lease_until DATETIME, 
	done_at DATETIME, 
	dead_at DATETIME, 
	last_error VARCHAR(200), 
	priority INTEGER DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT uq_outbox_key UNIQUE ("key")
);
INSERT INTO "outbox" VALUES(1,'mail','login-code:RWYDUFF5hKPhl_ArPPl_qQ',NULL,'{}','2026-11-29 19:22:27.083484','2026-11-29 19:22:27.083484',1,NULL,'2026-11-29 19:22:27.712984',NULL,NULL,0);
INSERT INTO "outbox" VALUES(2,'mail','login-code:Uu0LpYDNDL-Vm2idadRzPA',NULL,'{}','2026-11-29 19:22:29.672214','2026-11-29 19:22:29.672214',1,NULL,'2026-11-29 19:22:30.284393',NULL,NULL,0);
INSERT INTO "outbox" VALUES(3,'mail','account-request:2Tz00P6uQSEkhF0bH-OW2A:18',NULL,'{}','2026-11-29 19:22:36.431335','2026-11-29 19:22:36.431335',1,NULL,'2026-11-29 19:22:37.046205',NULL,NULL,0);
INSERT INTO "outbox" VALUES(4,'mail','login-code:bsQtRP309FA84W64wKWTxA',NULL,'{}','2026-11-29 19:22:38.202036','2026-11-29 19:22:38.202036',1,NULL,'2026-11-29 19:22:39.021319',NULL,NULL,0);
INSERT INTO "outbox" VALUES(5,'mail','notice:1',NULL,'{}','2026-11-29 19:22:43.760899','2026-11-29 19:22:43.760899',1,NULL,'2026-11-29 19:22:44.536348',NULL,NULL,1);
INSERT INTO "outbox" VALUES(6,'mail','login-code:TenZ-zHOWn4aqYK5BQYlYg',NULL,'{}','2026-11-29 19:22:44.657350','2026-11-29 19:22:44.657350',1,NULL,'2026-11-29 19:22:45.289003',NULL,NULL,0);
INSERT INTO "outbox" VALUES(7,'mail','login-code:JcI9MCcN714CqFqovWZxbQ',NULL,'{}','2026-11-29 19:22:47.275135','2026-11-29 19:22:47.275135',1,NULL,'2026-11-29 19:22:47.400346',NULL,NULL,0);
INSERT INTO "outbox" VALUES(8,'push','send:76','J6LVzxRpCeCzyWul8ozTRg','{}','2026-11-29 19:22:54.254178','2026-11-29 19:22:54.254178',1,NULL,'2026-11-29 19:22:54.466057',NULL,NULL,0);
INSERT INTO "outbox" VALUES(9,'push','send:78','J6LVzxRpCeCzyWul8ozTRg','{}','2026-11-29 19:22:54.948976','2026-11-29 19:22:54.948976',1,NULL,'2026-11-29 19:22:55.300711',NULL,NULL,0);
INSERT INTO "outbox" VALUES(10,'push','send:80','5sd2Sbsh2NuGvHjFNj8pDA','{}','2026-11-29 19:22:56.474986','2026-11-29 19:22:56.474986',1,NULL,'2026-11-29 19:22:56.702494',NULL,NULL,0);
INSERT INTO "outbox" VALUES(11,'push','send:82','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:22:58.113833','2026-11-29 19:22:58.113833',1,NULL,'2026-11-29 19:22:58.433784',NULL,NULL,0);
INSERT INTO "outbox" VALUES(12,'mail','login-code:NAwu3lvnBz22NTw_hsXZsw',NULL,'{}','2026-11-29 19:22:58.996814','2026-11-29 19:22:58.996814',1,NULL,'2026-11-29 19:22:59.610832',NULL,NULL,0);
INSERT INTO "outbox" VALUES(13,'push','send:84','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:22:59.125870','2026-11-29 19:22:59.125870',1,NULL,'2026-11-29 19:22:59.281012',NULL,NULL,0);
INSERT INTO "outbox" VALUES(14,'push','send:86','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:00.542851','2026-11-29 19:23:00.542851',1,NULL,'2026-11-29 19:23:00.584391',NULL,NULL,0);
INSERT INTO "outbox" VALUES(15,'push','send:87','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:00.542851','2026-11-29 19:23:00.542851',1,NULL,'2026-11-29 19:23:00.636144',NULL,NULL,0);
INSERT INTO "outbox" VALUES(16,'push','send:89','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:01.410422','2026-11-29 19:23:01.410422',1,NULL,'2026-11-29 19:23:01.533942',NULL,NULL,0);
INSERT INTO "outbox" VALUES(17,'chat','elsewhere:91uTW1-pp45MSqDGZ7X8QA:44:create_dossier','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:02.316447','2026-11-29 19:23:02.316447',1,NULL,'2026-11-29 19:23:03.076755',NULL,NULL,0);
INSERT INTO "outbox" VALUES(18,'push','send:94','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:03.076755','2026-11-29 19:23:03.076755',1,NULL,'2026-11-29 19:23:03.665607',NULL,NULL,0);
INSERT INTO "outbox" VALUES(19,'push','send:115','h71Zw2lQNvWiqm5BVkWfrQ','{}','2026-11-29 19:23:15.003890','2026-11-29 19:23:15.003890',1,NULL,'2026-11-29 19:23:15.459077',NULL,NULL,0);
INSERT INTO "outbox" VALUES(20,'chat','notice:2','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:21.750679','2026-11-29 19:23:21.750679',1,NULL,'2026-11-29 19:23:22.495887',NULL,NULL,1);
INSERT INTO "outbox" VALUES(21,'chat','notice:3','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:21.750679','2026-11-29 19:23:21.750679',1,NULL,'2026-11-29 19:23:22.693558',NULL,NULL,1);
INSERT INTO "outbox" VALUES(22,'chat','notice:4','b0eeCdrS91tTDbcatVIrdg','{}','2026-11-29 19:23:21.750679','2026-11-29 19:23:21.750679',1,NULL,'2026-11-29 19:23:22.495887',NULL,NULL,1);
INSERT INTO "outbox" VALUES(23,'chat','notice:5','b0eeCdrS91tTDbcatVIrdg','{}','2026-11-29 19:23:21.750679','2026-11-29 19:23:21.750679',1,NULL,'2026-11-29 19:23:22.693558',NULL,NULL,1);
INSERT INTO "outbox" VALUES(24,'push','send:119','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:22.495887','2026-11-29 19:23:22.495887',1,NULL,'2026-11-29 19:23:22.720378',NULL,NULL,1);
INSERT INTO "outbox" VALUES(25,'chat','notice:6','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:22.633412','2026-11-29 19:23:22.633412',1,NULL,'2026-11-29 19:23:22.857780',NULL,NULL,1);
INSERT INTO "outbox" VALUES(26,'chat','notice:7','b0eeCdrS91tTDbcatVIrdg','{}','2026-11-29 19:23:22.633412','2026-11-29 19:23:22.633412',1,NULL,'2026-11-29 19:23:22.857780',NULL,NULL,1);
INSERT INTO "outbox" VALUES(27,'push','send:121','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:22.693558','2026-11-29 19:23:22.693558',1,NULL,'2026-11-29 19:23:22.870186',NULL,NULL,1);
INSERT INTO "outbox" VALUES(28,'push','send:123','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:23:22.857780','2026-11-29 19:23:22.857780',1,NULL,'2026-11-29 19:23:23.165541',NULL,NULL,1);
INSERT INTO "outbox" VALUES(29,'mail','account-request:2Tz00P6uQSEkhF0bH-OW2A:65',NULL,'{"id": "geiA5U5cesL_B744RiD15Q", "to": ["accompagnement-sphere@esante-centre.fr"], "subject": "Demande de compte DC-2026-000002", "text": "Une demande de compte SPHERE attend votre v\u00e9rification.\n\nR\u00e9f\u00e9rence\u00a0: DC-2026-000002\nRe\u00e7ue le\u00a0: 29/11/2026 20:24\nDemand\u00e9e par\u00a0: Claire Moreau (claire.moreau@sphere.example)\nDossier \u00e0 ouvrir \u00e0 cette personne\u00a0: SPH-2024-000137\nFondement du partage\u00a0: m\u00eame \u00e9quipe de soins, usager inform\u00e9\n\nFiche annuaire\n- Civilit\u00e9\u00a0: Mme\n- Pr\u00e9nom\u00a0: Zo\u00e9\n- Nom\u00a0: Zwartkowski\n- Profession\u00a0: Orthophoniste\n- Mode d''exercice\u00a0: lib\u00e9ral\n- Structure\u00a0: Cabinet des Tanneurs\n- Commune\u00a0: Amboise\n- E-mail professionnel\u00a0: zoe.zwartkowski@ortho-amboise.example\n- T\u00e9l\u00e9phone\u00a0: 02 47 57 00 11\n\nPour traiter la demande\u00a0: http://127.0.0.1:8700/desk/requests/DC-2026-000002\n"}','2026-11-29 19:24:29.704984','2026-11-29 19:24:36.823144',2,NULL,NULL,NULL,'MailUnavailable',0);
INSERT INTO "outbox" VALUES(30,'mail','login-code:zgSN8SHXYfxNqcCNXg--AQ',NULL,'{"id": "g39TZ13ICB_7O6hNYuP26A", "to": ["sophie.leroux@sphere.example"], "subject": "Votre code pour l''assistant SPHERE", "text": "Bonjour,\n\nVoici votre code de connexion \u00e0 l''assistant SPHERE\u00a0: 632190\n\nSaisissez-le dans la conversation o\u00f9 vous l''avez demand\u00e9. Il est valable 10 minutes et ne sert qu''une fois.\n\nVous n''avez rien demand\u00e9\u00a0? Ne communiquez ce code \u00e0 personne, pas m\u00eame \u00e0 l''\u00e9quipe SPHERE\u00a0: sans lui, personne ne peut se connecter \u00e0 votre place. Si cela se r\u00e9p\u00e8te, pr\u00e9venez-nous au 05 57 96 59 47 ou \u00e0 l''adresse accompagnement-sphere@esante-centre.fr.\n\nL''\u00e9quipe SPHERE\n"}','2026-11-29 19:24:33.890019','2026-11-29 19:24:33.890019',1,'2026-11-29 19:25:34.329133',NULL,NULL,NULL,0);
INSERT INTO "outbox" VALUES(31,'chat','notice:8','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:24:35.840424','2026-11-29 19:24:35.840424',1,NULL,'2026-11-29 19:24:35.910306',NULL,NULL,1);
INSERT INTO "outbox" VALUES(32,'chat','notice:9','91uTW1-pp45MSqDGZ7X8QA','{}','2026-11-29 19:24:35.840424','2026-11-29 19:24:35.840424',1,NULL,'2026-11-29 19:24:35.984125',NULL,NULL,1);
INSERT INTO "outbox" VALUES(33,'chat','notice:10','b0eeCdrS91tTDbcatVIrdg','{}','2026-11-29 19:24:35.840424','2026-11-29 19:24:35.840424',1,NULL,'2026-11-29 19:24:35.910306',NULL,NULL,1);
INSERT INTO "outbox" VALUES(34,'chat','notice:11','b0eeCdrS91tTDbcatVIrdg','{}','2026-11-29 19:24:35.840424','2026-11-29 19:24:35.840424',1,NULL,'2026-11-29 19:24:35.984125',NULL,NULL,1);
INSERT INTO "outbox" VALUES(35,'mail','notice:12',NULL,'{"id": "NRRw354bUytHqcBmI3oz7Q", "to": ["aimee-penelope.de-saint-faucheot@sphere.example"], "subject": "Karim Benali a d\u00e9pos\u00e9 un document dans le dossier\u00a0SPH-2024-000137", "text": "Bonjour,\n\n- Karim Benali a d\u00e9pos\u00e9 un document dans le dossier\u00a0SPH-2024-000137.\n\nVoir dans SPHERE\u00a0: http://127.0.0.1:8700/chat\n\nPar confidentialit\u00e9, ce message ne nomme aucun usager.\n\nChanger ce qui vous est envoy\u00e9, et comment\u00a0: dites \u00ab\u00a0g\u00e9rer mes notifications\u00a0\u00bb \u00e0 l\u2019assistant.\nNe plus recevoir de notifications par e-mail\u00a0: http://127.0.0.1:8700/notifications/stop?t=i2mYByE5Bh_XK3lGD4yYCw\n", "html": "<!doctype html>\n<html lang=\"fr\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Karim Benali a d\u00e9pos\u00e9 un document dans le dossier\u00a0SPH-2024-000137</title></head>\n<body style=\"margin:0;background:#f3f6f8;color:#1b2733;font:16px/1.5 system-ui,-apple-system,''Segoe UI'',sans-serif\">\n<div style=\"max-width:36rem;margin:0 auto;padding:24px 16px\">\n<div style=\"background:#ffffff;border:1px solid #c9d3dc;border-radius:8px;padding:24px\">\n<p style=\"margin:0 0 16px\">Bonjour,</p>\n<ul style=\"margin:0 0 16px;padding-left:20px\">\n<li>Karim Benali a d\u00e9pos\u00e9 un document dans le dossier\u00a0SPH-2024-000137.</li>\n</ul>\n<p style=\"margin:0 0 16px\"><a href=\"http://127.0.0.1:8700/chat\" style=\"display:inline-block;background:#0b5a7a;color:#ffffff;text-decoration:none;border-radius:6px;padding:10px 16px\">Voir dans SPHERE</a></p>\n<p style=\"margin:0;color:#4a5a68\">Par confidentialit\u00e9, ce message ne nomme aucun usager.</p>\n</div>\n<p style=\"margin:16px 0 0;color:#4a5a68;font-size:14px\">Changer ce qui vous est envoy\u00e9, et comment\u00a0: dites \u00ab\u00a0g\u00e9rer mes notifications\u00a0\u00bb \u00e0 l\u2019assistant.<br>\n<a href=\"http://127.0.0.1:8700/notifications/stop?t=i2mYByE5Bh_XK3lGD4yYCw\" style=\"color:#0b5a7a\">Ne plus recevoir de notifications par e-mail</a></p>\n</div>\n</body>\n</html>\n", "headers": {"List-Unsubscribe": "<http://127.0.0.1:8700/notifications/stop?t=i2mYByE5Bh_XK3lGD4yYCw>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}, "notice": {"message": 12, "version": 0, "dossiers": ["SPH-2024-000137"]}}','2026-11-29 19:24:35.840424','2026-11-29 19:24:35.840424',0,NULL,NULL,NULL,NULL,1);
INSERT INTO "outbox" VALUES(36,'push','send:159','91uTW1-pp45MSqDGZ7X8QA','{"do": "send", "message": 159, "notice": {"message": 8, "version": 0, "dossiers": ["SPH-2024-000137"]}}','2026-11-29 19:24:35.910306','2026-11-29 19:24:35.910306',1,'2026-11-29 19:25:35.965148',NULL,NULL,NULL,1);
INSERT INTO "outbox" VALUES(37,'push','send:161','91uTW1-pp45MSqDGZ7X8QA','{"do": "send", "message": 161, "notice": {"message": 9, "version": 0, "dossiers": ["SPH-2025-000018"]}}','2026-11-29 19:24:35.984125','2026-11-29 19:24:35.984125',0,NULL,NULL,NULL,NULL,1);
INSERT INTO "outbox" VALUES(38,'chat','more-info:2026-11-29T19:25:43.568319+00:00:DC-2026-000002:124f3e8d-2d39-5721-ad31-4b42006117b8:2Tz00P6uQSEkhF0bH-OW2A:SPH-2024-000137','2Tz00P6uQSEkhF0bH-OW2A','{"text": "Pour la demande de compte DC-2026-000002 (Zo\u00e9 Zwartkowski), l''\u00e9quipe SPHERE demande un compl\u00e9ment\u00a0:\n\u00ab\u00a0Quel est son num\u00e9ro RPPS ?\u00a0\u00bb\nR\u00e9pondez ici avec le bouton, ou \u00e0 l''\u00e9quipe SPHERE en rappelant la r\u00e9f\u00e9rence\u00a0: 05 57 96 59 47 ou accompagnement-sphere@esante-centre.fr.", "buttons": [{"title": "R\u00e9pondre \u00e0 l''\u00e9quipe", "intent": "support.leave", "entities": {"reason": "asked", "task": "r\u00e9pondre sur la demande de compte DC-2026-000002", "dossier": null, "error_ids": [], "tried": [], "resumes": false}}], "link": null}','2026-11-29 19:25:43.568319','2026-11-29 19:25:43.568319',0,NULL,NULL,NULL,NULL,0);
INSERT INTO "outbox" VALUES(39,'chat','notice:13','91uTW1-pp45MSqDGZ7X8QA','{"text": "Karim Benali a \u00e9crit une note de liaison dans le dossier\u00a0SPH-2024-000137.", "buttons": [{"title": "Marquer comme lu", "intent": "mark_notifications_read", "entities": {"message": "13"}}, {"title": "Sourdine", "intent": "mute_notifications", "entities": {"dossier_ref": "SPH-2024-000137"}}], "link": {"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}, "notice": {"message": 13, "version": 0, "dossiers": ["SPH-2024-000137"]}}','2026-11-29 19:26:06.976217','2026-11-29 19:26:06.976217',0,NULL,NULL,NULL,NULL,1);
INSERT INTO "outbox" VALUES(40,'chat','notice:14','b0eeCdrS91tTDbcatVIrdg','{"text": "Notification \u00b7 Karim Benali a \u00e9crit une note de liaison dans le dossier\u00a0SPH-2024-000137.", "buttons": [{"title": "Marquer comme lu", "intent": "mark_notifications_read", "entities": {"message": "14"}}, {"title": "Sourdine", "intent": "mute_notifications", "entities": {"dossier_ref": "SPH-2024-000137"}}], "link": {"title": "Voir dans SPHERE", "url": "http://127.0.0.1:8700/chat"}, "notice": {"message": 14, "version": 0, "dossiers": ["SPH-2024-000137"]}}','2026-11-29 19:26:06.976217','2026-11-29 19:26:06.976217',0,NULL,NULL,NULL,NULL,1);
CREATE TABLE page_links (
	token_hash VARCHAR(64) NOT NULL, 
	account_id VARCHAR(64) NOT NULL, 
	conversation_id VARCHAR(32), 
	expires_at DATETIME NOT NULL, 
	session_hash VARCHAR(64), 
	session_until DATETIME, 
	CONSTRAINT pk_page_links PRIMARY KEY (token_hash), 
	CONSTRAINT uq_page_links_session_hash UNIQUE (session_hash)
);
INSERT INTO "page_links" VALUES('e6481e3966333ab5cdf550fdd08ec375da61658388fb74d6abc3793b6f3c49d7','b443ceca-147d-5cab-b42c-bf216e55661f','sTCOf_25ZUS_YkW0pL2URA','2026-11-29 19:32:52.426042','bf5c6d6f13dd5cf97ae65ed38354612e1afcfde2df9a250682ac95aa43515e95','2026-11-29 20:22:53.064971');
INSERT INTO "page_links" VALUES('500a600262c7c4087ff4f30c1e92156d38b3dabc5b412b05701cc80d987aeadc','b443ceca-147d-5cab-b42c-bf216e55661f','sTCOf_25ZUS_YkW0pL2URA','2026-11-29 19:36:08.240801',NULL,NULL);
CREATE TABLE retention (
	what VARCHAR(16) NOT NULL, 
	up_to INTEGER NOT NULL, 
	CONSTRAINT pk_retention PRIMARY KEY (what)
);
INSERT INTO "retention" VALUES('messages',0);
INSERT INTO "retention" VALUES('inbox',0);
INSERT INTO "retention" VALUES('notes',0);
CREATE TABLE sign_ins (
	token_hash VARCHAR(64) NOT NULL, 
	conversation_id VARCHAR(32) NOT NULL, 
	expires_at DATETIME NOT NULL, 
	state_hash VARCHAR(64), 
	browser_hash VARCHAR(64), 
	state_until DATETIME, 
	CONSTRAINT pk_sign_ins PRIMARY KEY (token_hash), 
	CONSTRAINT uq_sign_ins_state_hash UNIQUE (state_hash)
);
CREATE TABLE support_agent_links (
	channel VARCHAR(16) NOT NULL, 
	person VARCHAR(128) NOT NULL, 
	agent_id VARCHAR(32) NOT NULL, 
	linked_at DATETIME NOT NULL, 
	CONSTRAINT pk_support_agent_links PRIMARY KEY (channel, person), 
	CONSTRAINT fk_support_agent_links_agent_id_support_agents FOREIGN KEY(agent_id) REFERENCES support_agents (id), 
	CONSTRAINT uq_support_agent_links_channel_agent_id UNIQUE (channel, agent_id)
);
INSERT INTO "support_agent_links" VALUES('telegram','9001','4jSXj5iMc_4adEkyYSfnew','2026-11-29 19:23:06.199214');
CREATE TABLE support_agent_sessions (
	token_hash VARCHAR(64) NOT NULL, 
	agent_id VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_support_agent_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_support_agent_sessions_agent_id_support_agents FOREIGN KEY(agent_id) REFERENCES support_agents (id)
);
INSERT INTO "support_agent_sessions" VALUES('272587b83c34f5d4e9059e33ba4e3da28329c7d5b5e5c09e30e80e9e21567571','Rz9--tFekIku_MxsxF3Zkw','2026-11-29 19:23:03.608841','2026-11-29 19:23:03.608841','2026-11-30 07:23:03.608841');
INSERT INTO "support_agent_sessions" VALUES('5ba5d39fb578223a98f876c0dc6e795e54be7f89b17a4047fa15e8c1fe44f9b3','4jSXj5iMc_4adEkyYSfnew','2026-11-29 19:23:05.895480','2026-11-29 19:24:35.142709','2026-11-30 07:23:05.895480');
CREATE TABLE support_agents (
	id VARCHAR(32) NOT NULL, 
	login VARCHAR(80) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	password_hash VARCHAR(200), 
	active BOOLEAN DEFAULT 1 NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_support_agents PRIMARY KEY (id), 
	CONSTRAINT uq_support_agents_login UNIQUE (login)
);
INSERT INTO "support_agents" VALUES('Rz9--tFekIku_MxsxF3Zkw','superviseur','Superviseur','supervisor','$argon2id$v=19$m=65536,t=3,p=4$IofP+er5V/Xm33Gei9Gmvw$SI0cXe+3cZnq3ViDOLpU06mPjGIUdRtdMfAwl2H4zCU',1,'2026-11-29 19:22:07.789891');
INSERT INTO "support_agents" VALUES('4jSXj5iMc_4adEkyYSfnew','julie','Julie Marchand','agent','$argon2id$v=19$m=65536,t=3,p=4$p1z1Cfhmhigs33u7ZA7ITQ$ZcMwdl4FHgsKQQXNEPKQrGWl2Mi0AWy9Zadl4qpBnCk',1,'2026-11-29 19:23:04.828329');
CREATE TABLE support_canned (
	id INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_support_canned PRIMARY KEY (id), 
	CONSTRAINT uq_support_canned_name UNIQUE (name)
);
INSERT INTO "support_canned" VALUES(1,'Bonjour','Bonjour, je suis {agent}, de l’équipe SPHERE. Je regarde votre demande.');
CREATE TABLE support_group_inputs (
	id INTEGER NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	"key" VARCHAR(100) NOT NULL, 
	thread VARCHAR(300) NOT NULL, 
	answer TEXT NOT NULL, 
	unwanted VARCHAR(128), 
	at DATETIME NOT NULL, 
	said_at DATETIME, 
	CONSTRAINT pk_support_group_inputs PRIMARY KEY (id), 
	CONSTRAINT uq_support_group_inputs_key UNIQUE ("key")
);
INSERT INTO "support_group_inputs" VALUES(1,'telegram','telegram:51bfe33dd80ec1e150c811b8becefc3e10e27e0e','','Votre compte est relié : vous répondez ici au nom de Julie Marchand.','1','2026-11-29 19:23:06.216085','2026-11-29 19:23:06.285942');
INSERT INTO "support_group_inputs" VALUES(2,'telegram','telegram:06862c74799d67abf2b118582c0ed0093d48fb19','8','Cette commande n’existe pas ; rien n’a été envoyé. Commandes : /prendre (répondre à l’utilisateur), /reprendre (prendre la suite d’un collègue), /rendre (remettre dans la file), /note texte (note interne), /fermer (clore ; ou /fermer expliqué, transmis, injoignable, autre), /relier code (relier votre compte). Le reste de ce que vous écrivez est envoyé à l’utilisateur.',NULL,'2026-11-29 19:26:08.189904',NULL);
CREATE TABLE support_link_codes (
	code_hash VARCHAR(64) NOT NULL, 
	agent_id VARCHAR(32) NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_support_link_codes PRIMARY KEY (code_hash), 
	CONSTRAINT fk_support_link_codes_agent_id_support_agents FOREIGN KEY(agent_id) REFERENCES support_agents (id)
);
INSERT INTO "support_link_codes" VALUES('3656ed96455e8a322e5fc5d306bcb4d22ad3c1b743d6955f6dc909e2f6b38e93','Rz9--tFekIku_MxsxF3Zkw','2026-11-29 19:38:06.237809');
CREATE TABLE support_moves (
	id INTEGER NOT NULL, 
	ticket_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	was VARCHAR(8), 
	state VARCHAR(8) NOT NULL, 
	who VARCHAR(80) NOT NULL, 
	why VARCHAR(16) NOT NULL, 
	detail VARCHAR(100), about INTEGER, 
	CONSTRAINT pk_support_moves PRIMARY KEY (id), 
	CONSTRAINT fk_support_moves_ticket_id_support_tickets FOREIGN KEY(ticket_id) REFERENCES support_tickets (id)
);
INSERT INTO "support_moves" VALUES(1,1,'2026-11-29 19:23:06.628454',NULL,'waiting','user','requested',NULL,NULL);
INSERT INTO "support_moves" VALUES(2,1,'2026-11-29 19:23:07.005232','waiting','waiting','user','said',NULL,46);
INSERT INTO "support_moves" VALUES(3,1,'2026-11-29 19:23:07.417831','waiting','agent','agent:4jSXj5iMc_4adEkyYSfnew','taken',NULL,NULL);
INSERT INTO "support_moves" VALUES(4,1,'2026-11-29 19:23:08.041246','agent','agent','agent:4jSXj5iMc_4adEkyYSfnew','replied',NULL,99);
INSERT INTO "support_moves" VALUES(5,1,'2026-11-29 19:23:08.306576','agent','agent','user','said',NULL,47);
INSERT INTO "support_moves" VALUES(6,1,'2026-11-29 19:23:08.453977','agent','closed','agent:4jSXj5iMc_4adEkyYSfnew','agent_closed',NULL,NULL);
INSERT INTO "support_moves" VALUES(7,1,'2026-11-29 19:23:08.992169','closed','closed','user','rated',NULL,NULL);
INSERT INTO "support_moves" VALUES(8,2,'2026-11-29 19:23:09.755827',NULL,'waiting','user','requested',NULL,NULL);
INSERT INTO "support_moves" VALUES(9,2,'2026-11-29 19:23:10.774270','waiting','writing','clock','timed_out',NULL,NULL);
INSERT INTO "support_moves" VALUES(10,2,'2026-11-29 19:23:11.389888','writing','writing','user','said',NULL,50);
INSERT INTO "support_moves" VALUES(11,2,'2026-11-29 19:23:11.389888','writing','left','user','left_message',NULL,NULL);
INSERT INTO "support_moves" VALUES(12,3,'2026-11-29 19:23:12.345785',NULL,'waiting','user','requested',NULL,NULL);
INSERT INTO "support_moves" VALUES(13,3,'2026-11-29 19:23:12.806158','waiting','waiting','user','said',NULL,52);
INSERT INTO "support_moves" VALUES(14,3,'2026-11-29 19:23:13.020228','waiting','agent','agent:4jSXj5iMc_4adEkyYSfnew','taken',NULL,NULL);
INSERT INTO "support_moves" VALUES(15,3,'2026-11-29 19:23:13.488848','agent','agent','agent:4jSXj5iMc_4adEkyYSfnew','replied',NULL,113);
INSERT INTO "support_moves" VALUES(16,3,'2026-11-29 19:23:13.672478','agent','agent','agent:4jSXj5iMc_4adEkyYSfnew','noted',NULL,1);
INSERT INTO "support_moves" VALUES(17,3,'2026-11-29 19:23:13.928710','agent','agent','agent:4jSXj5iMc_4adEkyYSfnew','edited',NULL,NULL);
INSERT INTO "support_moves" VALUES(18,4,'2026-11-29 19:23:15.020362',NULL,'waiting','user','requested',NULL,NULL);
INSERT INTO "support_moves" VALUES(19,4,'2026-11-29 19:23:16.801012','waiting','waiting','user','said',NULL,54);
INSERT INTO "support_moves" VALUES(20,5,'2026-11-29 19:23:17.893434',NULL,'waiting','user','requested',NULL,NULL);
INSERT INTO "support_moves" VALUES(21,3,'2026-11-29 19:24:35.279175','agent','agent','user','said',NULL,75);
INSERT INTO "support_moves" VALUES(22,3,'2026-11-29 19:24:35.420931','agent','agent','agent:4jSXj5iMc_4adEkyYSfnew','replied',NULL,158);
INSERT INTO "support_moves" VALUES(23,4,'2026-11-29 19:24:35.568574','waiting','waiting','agent:4jSXj5iMc_4adEkyYSfnew','noted',NULL,2);
INSERT INTO "support_moves" VALUES(24,2,'2026-11-29 19:24:35.659063','left','left','agent:4jSXj5iMc_4adEkyYSfnew','noted',NULL,3);
CREATE TABLE "support_notes" (
	id INTEGER NOT NULL, 
	ticket_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	agent_id VARCHAR(64) NOT NULL, 
	agent_name VARCHAR(100) NOT NULL, 
	text TEXT NOT NULL, 
	"key" VARCHAR(200), 
	CONSTRAINT pk_support_notes PRIMARY KEY (id), 
	CONSTRAINT fk_support_notes_ticket_id_support_tickets FOREIGN KEY(ticket_id) REFERENCES support_tickets (id), 
	CONSTRAINT uq_support_notes_key UNIQUE ("key")
);
INSERT INTO "support_notes" VALUES(1,3,'2026-11-29 19:23:13.672478','4jSXj5iMc_4adEkyYSfnew','Julie Marchand','Vérifier le rattachement du compte avec l’équipe technique.',NULL);
INSERT INTO "support_notes" VALUES(2,4,'2026-11-29 19:24:35.568574','4jSXj5iMc_4adEkyYSfnew','Julie Marchand','À prendre demain matin.',NULL);
INSERT INTO "support_notes" VALUES(3,2,'2026-11-29 19:24:35.659063','4jSXj5iMc_4adEkyYSfnew','Julie Marchand','Rappeler lundi.',NULL);
CREATE TABLE support_sentences (
	turn INTEGER NOT NULL, 
	kept BOOLEAN NOT NULL, 
	at DATETIME NOT NULL, 
	agent_id VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_support_sentences PRIMARY KEY (turn)
);
CREATE TABLE support_threads (
	channel VARCHAR(16) NOT NULL, 
	ticket_id INTEGER NOT NULL, 
	address VARCHAR(200) NOT NULL, 
	thread VARCHAR(300), 
	open BOOLEAN DEFAULT 1 NOT NULL, 
	shown INTEGER DEFAULT '0' NOT NULL, 
	head VARCHAR(64), 
	lease_until DATETIME, 
	CONSTRAINT pk_support_threads PRIMARY KEY (channel, ticket_id), 
	CONSTRAINT fk_support_threads_ticket_id_support_tickets FOREIGN KEY(ticket_id) REFERENCES support_tickets (id)
);
INSERT INTO "support_threads" VALUES('telegram',1,'-1004242','3',0,7,NULL,NULL);
INSERT INTO "support_threads" VALUES('teams',1,'19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2','19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2;messageid=1795980188178',0,6,'6cc21603f489810b7d2e62b0658e8d695c2bfaadaa6f1a84e13158ca72d82b11',NULL);
INSERT INTO "support_threads" VALUES('telegram',2,'-1004242','5',1,11,NULL,NULL);
INSERT INTO "support_threads" VALUES('teams',2,'19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2','19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2;messageid=1795980191095',1,11,'8da5ec93a06fed1d40f95ed97b37347d1d1d416abb7edd98babf840f4af631d8',NULL);
INSERT INTO "support_threads" VALUES('telegram',3,'-1004242','8',1,17,NULL,'2026-11-29 19:26:05.393838');
INSERT INTO "support_threads" VALUES('teams',3,'19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2','19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2;messageid=1795980193971',1,17,'7cf6ea647811b89770c71dc8c3168c9b87d3768d201428c51a71a6952de8d9be','2026-11-29 19:26:05.394494');
INSERT INTO "support_threads" VALUES('telegram',4,'-1004242','11',1,19,NULL,NULL);
INSERT INTO "support_threads" VALUES('teams',4,'19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2','19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2;messageid=1795980196378',1,19,'be3207ab5e11b0292b9ab3ebfebeed889414ca6e2d4387a6fb919512053f1bba',NULL);
INSERT INTO "support_threads" VALUES('telegram',5,'-1004242','14',1,20,NULL,NULL);
INSERT INTO "support_threads" VALUES('teams',5,'19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2','19:0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2;messageid=1795980203348',1,20,'e85bc11d8147c83b765efa29b4d59fa69e32e48155d00e13bb2303faf96922a0',NULL);
CREATE TABLE support_tickets (
	id INTEGER NOT NULL, 
	conversation_id VARCHAR(32) NOT NULL, 
	live VARCHAR(32), 
	state VARCHAR(8) NOT NULL, 
	queue VARCHAR(32) NOT NULL, 
	reason VARCHAR(16) NOT NULL, 
	context JSON NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	opened_message INTEGER NOT NULL, 
	agent_id VARCHAR(64), 
	agent_name VARCHAR(100), 
	dossier VARCHAR(32), 
	tags JSON NOT NULL, 
	outcome VARCHAR(16), 
	rating INTEGER, 
	place INTEGER, 
	opened_at DATETIME NOT NULL, 
	queued_at DATETIME NOT NULL, 
	taken_at DATETIME, 
	first_reply_at DATETIME, 
	last_user_at DATETIME, 
	last_agent_at DATETIME, 
	closed_at DATETIME, 
	unanswered BOOLEAN DEFAULT 0 NOT NULL, 
	deadline_at DATETIME, 
	version INTEGER NOT NULL, erased_at DATETIME, 
	CONSTRAINT pk_support_tickets PRIMARY KEY (id), 
	CONSTRAINT uq_support_tickets_live UNIQUE (live)
);
INSERT INTO "support_tickets" VALUES(1,'CtJ8A5woexdP0wJdr_pGJg',NULL,'closed','Général','asked','{"task": null, "dossier": null, "error_ids": [], "tried": [], "resumes": false}','web',95,'4jSXj5iMc_4adEkyYSfnew','Julie Marchand',NULL,'["connexion"]','solved',3,1,'2026-11-29 19:23:06.628454','2026-11-29 19:23:06.628454','2026-11-29 19:23:07.417831','2026-11-29 19:23:08.041246','2026-11-29 19:23:08.306576','2026-11-29 19:23:08.041246','2026-11-29 19:23:08.453977',1,NULL,7,NULL);
INSERT INTO "support_tickets" VALUES(2,'d70Htisb-UJjM7QJ1UDing','d70Htisb-UJjM7QJ1UDing','left','Général','asked','{"task": null, "dossier": null, "error_ids": [], "tried": [], "resumes": false}','web',104,NULL,NULL,NULL,'[]',NULL,NULL,NULL,'2026-11-29 19:23:09.755827','2026-11-29 19:23:11.389888',NULL,NULL,'2026-11-29 19:23:11.389888',NULL,NULL,1,NULL,24,NULL);
INSERT INTO "support_tickets" VALUES(3,'IsX95kLC_se1Xt0L3B5e_Q','IsX95kLC_se1Xt0L3B5e_Q','agent','Général','asked','{"task": null, "dossier": null, "error_ids": [], "tried": [], "resumes": false}','web',109,'4jSXj5iMc_4adEkyYSfnew','Julie Marchand','SPH-2024-000137','["dossiers", "acc\u00e8s"]',NULL,NULL,1,'2026-11-29 19:23:12.345785','2026-11-29 19:23:12.345785','2026-11-29 19:23:13.020228','2026-11-29 19:23:13.488848','2026-11-29 19:24:35.279175','2026-11-29 19:24:35.420931',NULL,0,'2026-11-29 19:54:35.420931',22,NULL);
INSERT INTO "support_tickets" VALUES(4,'h71Zw2lQNvWiqm5BVkWfrQ','h71Zw2lQNvWiqm5BVkWfrQ','waiting','Général','asked','{"task": null, "dossier": null, "error_ids": [], "tried": [], "resumes": false}','telegram',114,NULL,NULL,NULL,'[]',NULL,NULL,1,'2026-11-29 19:23:15.020362','2026-11-29 19:23:15.020362',NULL,NULL,'2026-11-29 19:23:16.801012',NULL,NULL,1,'2026-11-29 19:33:15.020362',23,NULL);
INSERT INTO "support_tickets" VALUES(5,'P9Anwv9ZNdMFk_CoPPCeww','P9Anwv9ZNdMFk_CoPPCeww','waiting','Général','asked','{"task": null, "dossier": null, "error_ids": [], "tried": [], "resumes": false}','web',117,NULL,NULL,NULL,'[]',NULL,NULL,2,'2026-11-29 19:23:17.893434','2026-11-29 19:23:17.893434',NULL,NULL,'2026-11-29 19:23:17.893434',NULL,NULL,1,'2026-11-29 19:33:17.893434',20,NULL);
CREATE TABLE support_viewers (
	ticket_id INTEGER NOT NULL, 
	agent_id VARCHAR(64) NOT NULL, 
	agent_name VARCHAR(100) NOT NULL, 
	seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_support_viewers PRIMARY KEY (ticket_id, agent_id), 
	CONSTRAINT fk_support_viewers_ticket_id_support_tickets FOREIGN KEY(ticket_id) REFERENCES support_tickets (id)
);
CREATE INDEX ix_account_requests_adeli ON account_requests (adeli);
CREATE INDEX ix_account_requests_email ON account_requests (email);
CREATE INDEX ix_account_requests_person ON account_requests (person);
CREATE INDEX ix_account_requests_rpps ON account_requests (rpps);
CREATE INDEX ix_account_requests_state ON account_requests (state, id);
CREATE INDEX ix_audit_events_actor ON audit_events (actor, at);
CREATE INDEX ix_audit_events_dossier ON audit_events (dossier, at);
CREATE INDEX ix_chat_links_account ON chat_links (account_id);
CREATE INDEX ix_login_guards_touched_at ON login_guards (touched_at);
CREATE INDEX ix_operations_due ON operations (state, next_at);
CREATE INDEX ix_account_request_askers_conversation_id ON account_request_askers (conversation_id);
CREATE INDEX ix_account_request_askers_request_id ON account_request_askers (request_id);
CREATE INDEX ix_account_request_askers_requester_id ON account_request_askers (requester_id);
CREATE INDEX ix_messages_conversation ON messages (conversation_id, id);
CREATE INDEX ix_messages_turn ON messages (turn);
CREATE INDEX ix_buttons_message ON buttons (message_id);
CREATE INDEX ix_buttons_conversation ON buttons (conversation_id, message_id);
CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END;
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END;
CREATE INDEX ix_inbox_open ON inbox (state, conversation_id, id);
CREATE INDEX ix_inbox_turns ON inbox (conversation_id, id);
CREATE INDEX ix_link_tokens_expires_at ON link_tokens (expires_at);
CREATE INDEX ix_continuations_conversation_id ON continuations (conversation_id);
CREATE INDEX ix_sign_ins_expires_at ON sign_ins (expires_at);
CREATE INDEX ix_notice_messages_handed ON notice_messages (handed_at);
CREATE INDEX ix_notice_messages_last ON notice_messages (account_id, way, dossier, handed_at);
CREATE INDEX ix_notice_messages_outbox ON notice_messages (outbox_id);
CREATE INDEX ix_notice_messages_state ON notice_messages (state, id);
CREATE INDEX ix_notification_people_look_at ON notification_people (look_at);
CREATE INDEX ix_notices_account ON notices (account_id, occurred_at, id);
CREATE INDEX ix_notices_to_recall ON notices (reminded_at, created_at);
CREATE INDEX ix_notices_unread ON notices (account_id, read_at);
CREATE INDEX ix_notice_sends_message ON notice_sends (message_id);
CREATE INDEX ix_notice_sends_waiting ON notice_sends (account_id, state, due_at);
CREATE INDEX ix_page_links_expires_at ON page_links (expires_at);
CREATE INDEX ix_outbox_conversation ON outbox (conversation_id, done_at, id);
CREATE INDEX ix_outbox_due ON outbox (kind, done_at, dead_at, priority, id);
CREATE INDEX ix_events_to_fan_out ON events (fanned_out_at, fan_out_after);
CREATE INDEX ix_support_agent_sessions_agent_id ON support_agent_sessions (agent_id);
CREATE INDEX ix_support_agent_sessions_expires_at ON support_agent_sessions (expires_at);
CREATE INDEX ix_account_decisions_due_at ON account_decisions (due_at);
CREATE INDEX ix_support_tickets_state ON support_tickets (state, queued_at);
CREATE INDEX ix_support_tickets_conversation ON support_tickets (conversation_id, id);
CREATE INDEX ix_support_tickets_closed ON support_tickets (closed_at);
CREATE INDEX ix_support_tickets_deadline_at ON support_tickets (deadline_at);
CREATE INDEX ix_support_moves_ticket ON support_moves (ticket_id, id);
CREATE INDEX ix_support_notes_ticket_id ON support_notes (ticket_id);
CREATE INDEX ix_support_threads_thread ON support_threads (channel, thread);
CREATE INDEX ix_support_threads_open ON support_threads (channel, open);
CREATE INDEX ix_support_group_inputs_said ON support_group_inputs (channel, said_at, id);
CREATE INDEX ix_support_group_inputs_at ON support_group_inputs (at);
CREATE INDEX ix_support_link_codes_agent_id ON support_link_codes (agent_id);
COMMIT;
